import Entrypoint
import Testing
import WorkdirProtocol

/// What a run does when time passes: silence, stubborn commands, streams that stay open, outputs that are awaited.
struct RunMachineTimeTests {
    private func runningMachine(timeout: Int64? = nil, awaitsOutputs: Bool = false) -> RunMachine {
        var machine = RunMachine(
            rules: RunRules(noOutputTimeout: timeout, awaitsOutputs: awaitsOutputs), attempt: 1, epoch: "")
        _ = machine.handle(.markers(MarkerSnapshot(isReady: true)), at: 0)
        _ = machine.handle(.started(processID: 7), at: 0)
        return machine
    }

    @Test func silenceIsCountedFromTheLastOutput() {
        var machine = runningMachine(timeout: 1000)
        #expect(machine.deadline == 1000)
        _ = machine.handle(.output, at: 400)
        #expect(machine.deadline == 1400)
        #expect(machine.handle(.timer, at: 1399) == [])
    }

    @Test func aBlockedReaderIsNotTheCommandsSilence() {
        var machine = runningMachine(timeout: 1000)
        _ = machine.handle(.blocked(true), at: 100)
        #expect(machine.deadline == nil)
        _ = machine.handle(.blocked(false), at: 9000)
        #expect(machine.deadline == 10_000)
    }

    @Test func withoutALimitNothingIsDue() {
        #expect(runningMachine().deadline == nil)
    }

    @Test func aSilentCommandIsEndedAndThenKilled() {
        var machine = runningMachine(timeout: 90_000)
        #expect(
            machine.handle(.timer, at: 90_000) == [
                .complain("no output for 90s; ending the command"), .signalGroup(15),
            ])
        // Unhealthy from now on: whoever probes sees it too.
        #expect(machine.handle(.markers(MarkerSnapshot(isHealthy: false)), at: 90_001) == [])
        _ = machine.handle(.output, at: 90_002)
        #expect(machine.deadline == 100_000)
        #expect(machine.handle(.timer, at: 100_000).last == .signalGroup(9))
        #expect(machine.deadline == nil)
    }

    @Test(arguments: [(CommandEnd.signaled(15), Int32(143)), (.exited(0), 143), (.exited(5), 5), (.signaled(9), 137)])
    func theWatchdogsVictimIsKilledWithAReason(end: CommandEnd, code: Int32) throws {
        var machine = runningMachine(timeout: 10)
        _ = machine.handle(.timer, at: 10)
        _ = machine.handle(.streamsEnded, at: 11)
        let effects = machine.handle(.ended(end), at: 12)
        #expect(effects.contains(.state("KILLED")))
        #expect(effects.last == .exit(code))
        let found = effects.firstNonNil { if case .record(let record) = $0 { record } else { nil } }
        let record = try #require(found)
        #expect(record.reason == EndReason.noOutput)
        #expect(record.message == "no output for 10ms")
        // The agent reads from it what the container ends with.
        #expect((record.exitCode ?? record.signal.map { 128 + $0 }) == code)
    }

    @Test func descendantsThatHoldTheStreamsAreGivenASecond() {
        var machine = runningMachine()
        #expect(machine.handle(.ended(.exited(0)), at: 100) == [])
        #expect(machine.deadline == 1100)
        // What they print does not prolong it.
        _ = machine.handle(.output, at: 900)
        #expect(machine.deadline == 1100)
        #expect(machine.handle(.timer, at: 1100) == [.endDescendants])
        // Then the rest is taken, as long as there is some.
        _ = machine.handle(.output, at: 1200)
        #expect(machine.deadline == 2200)
        #expect(machine.handle(.timer, at: 2200).contains(.closeStreams))
        #expect(machine.isFinished)
    }

    @Test func aSlowReaderGetsAllOfIt() {
        var machine = runningMachine()
        _ = machine.handle(.blocked(true), at: 50)
        _ = machine.handle(.ended(.exited(0)), at: 100)
        #expect(machine.deadline == nil)
        _ = machine.handle(.blocked(false), at: 60_000)
        #expect(machine.deadline == 61_000)
        #expect(machine.handle(.streamsEnded, at: 60_001).contains(.closeStreams))
    }

    @Test(arguments: [(60, 100), (500, 100)] as [(Int64, Int64)])
    func whoIsAskedToEndWaitsForNoReaderThatTakesNothing(signal: Int64, end: Int64) {
        var machine = runningMachine()
        _ = machine.handle(.blocked(true), at: 50)
        if signal < end { _ = machine.handle(.signal(15), at: signal) }
        _ = machine.handle(.ended(.signaled(15)), at: end)
        if signal > end {
            #expect(machine.deadline == nil)
            _ = machine.handle(.signal(15), at: signal)
        }
        #expect(machine.deadline == 1100)
        #expect(machine.handle(.timer, at: 1100) == [.endDescendants])
        let effects = machine.handle(.timer, at: 2100)
        #expect(effects.contains(.closeStreams) && effects.contains(.state("KILLED")))
    }

    @Test(
        arguments: [
            (0, MarkerSnapshot(stored: TryVerdict(attempt: 1, exitCode: 0, message: "")), 0),
            (3, MarkerSnapshot(stored: TryVerdict(attempt: 1, exitCode: 0, message: "")), 3),
            (0, MarkerSnapshot(failed: TryVerdict(attempt: 1, exitCode: 75, message: "x")), 75),
            (0, MarkerSnapshot(failed: TryVerdict(attempt: 0, exitCode: 77, message: "x")), 77),
            (0, MarkerSnapshot(failed: TryVerdict(attempt: 1, exitCode: 0, message: "x")), 74),
            (3, MarkerSnapshot(failed: TryVerdict(attempt: 1, exitCode: 75, message: "x")), 3),
            (0, MarkerSnapshot(stored: TryVerdict(attempt: 2, exitCode: 0, message: "")), nil),
            (0, MarkerSnapshot(failed: TryVerdict(attempt: 2, exitCode: 74, message: "")), nil),
            (0, MarkerSnapshot(isReady: true), nil),
        ] as [(Int32, MarkerSnapshot, Int32?)])
    func awaitsTheOutputs(exit: Int32, markers: MarkerSnapshot, code: Int32?) {
        var machine = runningMachine(awaitsOutputs: true)
        _ = machine.handle(.streamsEnded, at: 1)
        #expect(machine.handle(.ended(.exited(exit)), at: 1).last == .done(attempt: 1))
        #expect(machine.handle(.markers(markers), at: 3).last == code.map { .exit($0) })
        #expect(machine.isFinished == (code != nil))
    }

    private func awaitingMachine(exit: Int32) -> RunMachine {
        var machine = runningMachine(awaitsOutputs: true)
        _ = machine.handle(.streamsEnded, at: 1)
        _ = machine.handle(.ended(.exited(exit)), at: 1)
        return machine
    }

    @Test(
        arguments: [(0, 15, 74), (3, 15, 3), (0, 2, 74), (0, 3, 74), (0, 1, nil), (0, 28, nil)]
            as [(Int32, Int32, Int32?)])
    func whoeverIsAskedToStopLeavesWithoutTheOutputs(exit: Int32, signal: Int32, code: Int32?) {
        var machine = awaitingMachine(exit: exit)
        let effects = machine.handle(.signal(signal), at: 2)
        #expect(effects.last == code.map { .exit($0) })
        #expect(machine.isFinished == (code != nil))
    }

    @Test func aSignalBetweenTheCommandsEndAndItsStreamsIsNotForgotten() {
        var machine = runningMachine(awaitsOutputs: true)
        _ = machine.handle(.ended(.exited(0)), at: 1)
        #expect(machine.handle(.signal(15), at: 2) == [])
        let effects = machine.handle(.streamsEnded, at: 3)
        #expect(effects.contains(.done(attempt: 1)))
        #expect(effects.last == .exit(74))
    }

    @Test func inputsAreNotAwaitedWithoutAnAgentForEver() throws {
        var machine = RunMachine(rules: RunRules(), attempt: 1, epoch: "")
        #expect(machine.deadline == nil)
        _ = machine.handle(.agent(isPresent: false), at: 100)
        _ = machine.handle(.agent(isPresent: false), at: 5100)
        #expect(machine.deadline == 600_100)
        // One that was killed has been started again.
        _ = machine.handle(.agent(isPresent: true), at: 300_000)
        #expect(machine.deadline == nil)
        _ = machine.handle(.agent(isPresent: false), at: 400_000)
        #expect(machine.handle(.timer, at: 999_999) == [])
        let effects = machine.handle(.timer, at: 1_000_000)
        #expect(effects.last == .exit(74))
        let record = try #require(effects.firstNonNil { if case .record(let record) = $0 { record } else { nil } })
        #expect(record.reason == EndReason.initializationFailed)
        #expect(record.message?.hasPrefix("no agent has been on the volume for 10m") == true)
    }

    @Test(arguments: [(0, 74), (3, 3)] as [(Int32, Int32)])
    func outputsAreNotAwaitedWithoutAnAgentForEver(exit: Int32, code: Int32) {
        var machine = awaitingMachine(exit: exit)
        _ = machine.handle(.agent(isPresent: false), at: 10)
        #expect(machine.deadline == 600_010)
        #expect(machine.handle(.timer, at: 600_010).last == .exit(code))
    }

    @Test(arguments: [(0, 74), (3, 3)] as [(Int32, Int32)])
    func anAgentThatCannotBeToldIsNotAwaitedForEver(exit: Int32, code: Int32) {
        var machine = awaitingMachine(exit: exit)
        _ = machine.handle(.markersWritten(false), at: 10)
        _ = machine.handle(.markersWritten(false), at: 1010)
        #expect(machine.deadline == 60_010)
        _ = machine.handle(.markersWritten(true), at: 2000)
        #expect(machine.deadline == nil)
        _ = machine.handle(.markersWritten(false), at: 3000)
        #expect(machine.handle(.timer, at: 63_000).last == .exit(code))
    }

    @Test(arguments: [(0, 74), (3, 3)] as [(Int32, Int32)])
    func anAgentWhoseFolderWasDeletedIsNotAwaited(exit: Int32, code: Int32) {
        var machine = awaitingMachine(exit: exit)
        #expect(machine.handle(.folder(isPresent: true), at: 10).isEmpty)
        #expect(machine.handle(.folder(isPresent: false), at: 20).last == .exit(code))

        machine = runningMachine(awaitsOutputs: true)
        #expect(machine.handle(.folder(isPresent: false), at: 1).isEmpty)
        _ = machine.handle(.streamsEnded, at: 2)
        #expect(machine.handle(.ended(.exited(exit)), at: 2).last == .exit(code))
    }

    /// Nobody was waited for then.
    @Test func whatWasMissingWhileTheCommandRanCountsForNothing() {
        var machine = runningMachine(awaitsOutputs: true)
        _ = machine.handle(.agent(isPresent: false), at: 1)
        _ = machine.handle(.markersWritten(false), at: 1)
        _ = machine.handle(.streamsEnded, at: 900_000)
        _ = machine.handle(.ended(.exited(0)), at: 900_000)
        #expect(machine.deadline == nil)
    }
}

extension Sequence {
    fileprivate func firstNonNil<Value>(_ transform: (Element) -> Value?) -> Value? {
        lazy.compactMap(transform).first
    }
}
