import Entrypoint
import Testing
import WorkdirProtocol

/// Life of a run as a table of inputs and what they lead to.
struct RunMachineTests {
    private let process: Int32 = 42
    private let term: Int32 = 15

    private func machine(timeout: Int64? = nil, awaitsOutputs: Bool = false) -> RunMachine {
        RunMachine(
            rules: RunRules(noOutputTimeout: timeout, awaitsOutputs: awaitsOutputs), attempt: 2, epoch: "e")
    }

    private func runningMachine(timeout: Int64? = nil, awaitsOutputs: Bool = false) -> RunMachine {
        var machine = machine(timeout: timeout, awaitsOutputs: awaitsOutputs)
        _ = machine.handle(.markers(MarkerSnapshot(isReady: true, epoch: "e")), at: 0)
        _ = machine.handle(.started(processID: process), at: 0)
        return machine
    }

    private func ended(_ exitCode: Int32? = nil, signal: Int32? = nil, reason: String? = nil, _ message: String? = nil)
        -> TryRecord
    {
        TryRecord(
            attempt: 2, epoch: "e", phase: .ended, processID: process, exitCode: exitCode, signal: signal,
            reason: reason, message: message)
    }

    @Test func beginsByWaitingInGoodHealth() {
        #expect(
            machine().begin() == [.record(TryRecord(attempt: 2, epoch: "e", phase: .waiting)), .touchHealthy])
    }

    @Test func startsOnceWhenReady() {
        var machine = machine()
        #expect(machine.handle(.markers(MarkerSnapshot()), at: 0) == [])
        // RUNNING is there before the command can write a state of its own.
        #expect(
            machine.handle(.markers(MarkerSnapshot(isReady: true, epoch: "f")), at: 1) == [
                .state("RUNNING"), .startCommand,
            ])
        #expect(machine.handle(.markers(MarkerSnapshot(isReady: true, epoch: "f")), at: 1) == [])
        let record = TryRecord(attempt: 2, epoch: "f", phase: .running, processID: process)
        #expect(machine.handle(.started(processID: process), at: 2) == [.record(record)])
    }

    @Test(arguments: [
        (CommandEnd.exited(0), "SUCCESS", Int32(0)), (.exited(3), "ERROR", 3), (.signaled(9), "KILLED", 137),
        (.exited(143), "ERROR", 143),
    ])
    func reportsTheEnd(end: CommandEnd, state: String, code: Int32) {
        var machine = runningMachine()
        #expect(machine.handle(.streamsEnded, at: 5) == [])
        let effects = machine.handle(.ended(end), at: 6)
        let record = if case .exited(let exit) = end { ended(exit) } else { ended(signal: 9) }
        #expect(effects.first == .endDescendants)
        #expect(
            Array(effects.suffix(5)) == [
                .closeStreams, .record(record), .state(state), .done(attempt: 2), .exit(code),
            ])
        #expect(machine.isFinished)
    }

    @Test func anExitCodeThatRepeatsAForwardedSignalIsAKill() {
        var machine = runningMachine()
        _ = machine.handle(.signal(term), at: 1)
        _ = machine.handle(.streamsEnded, at: 2)
        let effects = machine.handle(.ended(.exited(143)), at: 3)
        #expect(effects.contains(.state("KILLED")))
        #expect(effects.contains(.record(ended(143, signal: term))))
    }

    @Test func aSignalAnsweredWithExit0IsASuccess() {
        var machine = runningMachine()
        _ = machine.handle(.signal(term), at: 1)
        _ = machine.handle(.streamsEnded, at: 2)
        #expect(machine.handle(.ended(.exited(0)), at: 3).contains(.state("SUCCESS")))
    }

    /// Of a kill for want of memory only the kernel's count tells; a shell gives its child's as an exit code.
    @Test(arguments: [
        (CommandEnd.signaled(9), "KILLED", Int32(137), true), (.exited(137), "KILLED", 137, true),
        (.exited(1), "ERROR", 1, false), (.signaled(11), "KILLED", 139, false),
    ])
    func tellsOfMemoryThatRanOut(end: CommandEnd, state: String, code: Int32, isTheReason: Bool) throws {
        var machine = runningMachine()
        _ = machine.handle(.streamsEnded, at: 5)
        let effects = machine.handle(.ended(end, memoryRanOut: true), at: 6)
        #expect(Array(effects.suffix(3)) == [.state(state), .done(attempt: 2), .exit(code)])
        let record = try #require(effects.compactMap { if case .record(let record) = $0 { record } else { nil } }.last)
        #expect(record.reason == (isTheReason ? EndReason.oomKilled : nil))
        #expect(record.message?.contains("want of memory") == true)
    }

    @Test func aCommandThatSurvivesItsHelpersDeathHasSucceeded() {
        var machine = runningMachine()
        _ = machine.handle(.streamsEnded, at: 5)
        let effects = machine.handle(.ended(.exited(0), memoryRanOut: true), at: 6)
        #expect(effects.contains(.record(ended(0))))
        #expect(effects.contains(.state("SUCCESS")))
    }

    @Test(arguments: [
        (Int32(15), true), (2, true), (3, true), (1, false), (10, false), (12, false), (28, false), (18, false),
    ])
    func forwardsSignals(signal: Int32, toGroup: Bool) {
        var machine = runningMachine()
        #expect(machine.handle(.signal(signal), at: 1) == [toGroup ? .signalGroup(signal) : .signal(signal)])
    }

    @Test func aSignalBeforeTheStartCancels() {
        var machine = machine()
        #expect(machine.handle(.signal(28), at: 1) == [])
        let effects = machine.handle(.signal(term), at: 1)
        let record = TryRecord(
            attempt: 2, epoch: "e", phase: .ended, signal: term, reason: EndReason.cancelled,
            message: "signal 15 while waiting for the inputs; the command is not run")
        #expect(
            Array(effects.dropFirst()) == [.record(record), .state("KILLED"), .done(attempt: 2), .exit(143)])
    }

    @Test(
        arguments: [
            (0, 66, true, 66), (2, 75, true, 75), (0, 0, true, 70), (1, 74, false, 0), (0, 256, true, 70),
            (0, .max, true, 70), (0, .min, true, 70),
        ]
            as [(Int, Int32, Bool, Int32)])
    func stopsAtFailure(attempt: Int, code: Int32, stops: Bool, expected: Int32) {
        var machine = machine()
        let failed = TryVerdict(attempt: attempt, exitCode: code, message: "gone")
        // Failure wins over readiness: the agent says `ready` no more, but an old one may lie there.
        let effects = machine.handle(.markers(MarkerSnapshot(isReady: true, failed: failed)), at: 0)
        #expect(effects.last == (stops ? .exit(expected) : .startCommand))
        #expect(!stops || effects.first == .complain("the command is not run: gone"))
    }

    @Test func aCommandThatCannotStartIsAnError() {
        var machine = machine()
        _ = machine.handle(.markers(MarkerSnapshot(isReady: true, epoch: "e")), at: 0)
        let record = TryRecord(
            attempt: 2, epoch: "e", phase: .ended, exitCode: 127, reason: EndReason.notStarted, message: "no x")
        #expect(
            machine.handle(.notStarted(code: 127, message: "no x"), at: 0) == [
                .complain("no x"), .record(record), .state("ERROR"), .done(attempt: 2), .exit(127),
            ])
    }

    @Test(arguments: [true, false]) func keepsHealthyWhileItLives(awaitsOutputs: Bool) {
        var machine = runningMachine(awaitsOutputs: awaitsOutputs)
        #expect(machine.handle(.markers(MarkerSnapshot(isHealthy: false)), at: 1) == [.touchHealthy])
        #expect(machine.handle(.markers(MarkerSnapshot(isHealthy: true)), at: 1) == [])
        _ = machine.handle(.streamsEnded, at: 2)
        _ = machine.handle(.ended(.exited(0)), at: 2)
        #expect(
            machine.handle(.markers(MarkerSnapshot(isHealthy: false)), at: 3)
                == (awaitsOutputs ? [.touchHealthy] : []))
    }
}

@Test(
    arguments: [
        (nil, "e1", false), ("", "e1", true), ("\n", "e1", true), ("e1\n", "e1\n", true), ("e1", "e1\n", true),
        ("e0\n", "e1\n", false), ("e1\n", nil, true),
    ] as [(String?, String?, Bool)])
func readyIsOfItsEpoch(marker: String?, epoch: String?, isReady: Bool) {
    #expect(
        MarkerSnapshot.isReady(marker: marker.map { Array($0.utf8) }, epoch: epoch.map { Array($0.utf8) }) == isReady)
}

@Test(arguments: [
    (0, CommandEnd.exited(0), 0), (3 << 8, .exited(3), 3), (9, .signaled(9), 137), (0x8B, .signaled(11), 139),
])
func readsTheStatusOfWait(status: Int32, end: CommandEnd, code: Int32) {
    #expect(CommandEnd(waitStatus: status) == end)
    #expect(end.code == code)
}
