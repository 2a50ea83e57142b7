import Basics
import WorkdirProtocol

/// One try of the main container, decided: from waiting for the inputs to the exit code. Takes no action, reads no clock.
///
/// `waiting → running → draining → awaitingOutputs → finished`; the inputs' failure, a signal while waiting and a command
/// that cannot be started lead to the end directly. Times are milliseconds of any monotonic clock.
///
/// Nothing is waited for without end: while the inputs or the outputs are awaited, an agent must live on the volume and the
/// markers must get there, and whoever asks the container to stop is obeyed.
package struct RunMachine: Sendable {
    enum Phase: Sendable, Equatable {
        case waiting
        case starting
        case running
        /// The command has ended. What its descendants still print is taken until then, and when they have been ended
        /// too, what is left in the streams.
        case draining(until: Int64, isQuiet: Bool)
        case awaitingOutputs
        case finished
    }

    enum Watchdog: Sendable, Equatable {
        case watching
        case terminating(killAt: Int64)
        case killed
    }

    private let rules: RunRules
    var phase = Phase.waiting
    private var watchdog = Watchdog.watching
    private var record: TryRecord
    private var end: CommandEnd?
    private var memoryRanOut = false
    private var lastOutput: Int64 = 0
    private var isBlocked = false
    private var streamsHaveEnded = false
    private var forwarded: [Int32] = []
    /// The signal that came after the command's end.
    private var leaveSignal: Int32?
    /// Since when nobody holds the agent's lock, and since when a marker cannot be written.
    private var absentSince: Int64?
    private var unwrittenSince: Int64?
    private var folderIsDeleted = false
    private var exitCode: Int32 = 0

    package init(rules: RunRules, attempt: Int, epoch: String, traceparent: String? = nil) {
        self.rules = rules
        record = TryRecord(attempt: attempt, epoch: epoch, phase: .waiting, traceparent: traceparent)
    }

    /// What to do first.
    package func begin() -> [RunEffect] {
        [.record(record), .touchHealthy]
    }

    package var isFinished: Bool { phase == .finished }

    /// Whether it is the agent's turn.
    package var awaitsAgent: Bool { phase == .waiting || phase == .awaitingOutputs }

    /// When a `timer` is due; nil: never.
    package var deadline: Int64? {
        switch phase {
        case .running:
            switch watchdog {
            case .watching: isBlocked ? nil : rules.noOutputTimeout.map { lastOutput + $0 }
            case .terminating(let killAt): killAt
            case .killed: nil
            }
        case .draining(let until, _): isBlocked && !isAskedToEnd ? nil : until
        case .waiting: agentDeadline
        case .awaitingOutputs: [agentDeadline, markerDeadline].compactMap { $0 }.min()
        case .starting, .finished: nil
        }
    }

    /// Whoever asked has little time, and how the command ended is to be told in it.
    private var isAskedToEnd: Bool { leaveSignal != nil || forwarded.contains { RunSignal.ends($0) } }
    private var agentDeadline: Int64? { absentSince.map { $0 + RunRules.absenceLimit } }
    private var markerDeadline: Int64? { unwrittenSince.map { $0 + RunRules.unwrittenLimit } }

    package mutating func handle(_ input: RunInput, at now: Int64) -> [RunEffect] {
        switch input {
        case .output:
            lastOutput = now
            if case .draining(_, isQuiet: true) = phase { extendDraining(from: now) }
            return []
        case .blocked(let blocked):
            // The time spent blocked was not the command's silence.
            lastOutput = now
            isBlocked = blocked
            extendDraining(from: now)
            return []
        case .markers(let markers): return inspect(markers)
        case .signal(let signal): return forward(signal)
        case .started(let processID): return started(processID, at: now)
        case .notStarted(let code, let message): return notStarted(code, message)
        case .ended(let end, let memoryRanOut):
            self.memoryRanOut = memoryRanOut
            return ended(end, at: now)
        case .streamsEnded:
            streamsHaveEnded = true
            guard case .draining = phase else { return [] }
            return finish()
        case .agent(isPresent: true):
            absentSince = nil
            return []
        case .agent(isPresent: false):
            absentSince = absentSince ?? now
            return []
        case .markersWritten(true):
            unwrittenSince = nil
            return []
        case .markersWritten(false):
            unwrittenSince = unwrittenSince ?? now
            return []
        case .folder(let isPresent):
            folderIsDeleted = !isPresent
            return folderIsDeleted && phase == .awaitingOutputs ? leave(beforeOutputs: Self.folderIsDeleted) : []
        case .timer: return timer(at: now)
        }
    }

    private mutating func inspect(_ markers: MarkerSnapshot) -> [RunEffect] {
        var effects: [RunEffect] = []
        if !markers.isHealthy, isAlive { effects.append(.touchHealthy) }
        switch phase {
        case .waiting:
            if let failed = markers.failed, failed.concerns(attempt: record.attempt) {
                effects += refuse(failed)
            } else if markers.isReady {
                record.epoch = markers.epoch
                phase = .starting
                // Before the command can say a word of its own.
                effects += [.state(StateValue.running), .startCommand]
            }
        case .awaitingOutputs:
            if let failed = markers.failed, failed.concerns(attempt: record.attempt) {
                effects.append(.complain("the outputs are not stored: \(failed.message)"))
                if exitCode == 0 { exitCode = Self.failureCode(failed, otherwise: .inputOutput) }
                effects += leave()
            } else if let stored = markers.stored, stored.attempt == record.attempt {
                effects += leave()
            }
        default: break
        }
        return effects
    }

    /// Whether a liveness probe should find us well: always, but for a command that has overrun its time.
    private var isAlive: Bool {
        phase != .finished && watchdog == .watching
    }

    private mutating func refuse(_ verdict: TryVerdict) -> [RunEffect] {
        record.phase = .ended
        record.reason = EndReason.initializationFailed
        record.message = verdict.message
        exitCode = Self.failureCode(verdict, otherwise: .software)
        record.exitCode = exitCode
        return [.complain("the command is not run: \(verdict.message)"), .record(record)] + leave()
    }

    private mutating func forward(_ signal: Int32) -> [RunEffect] {
        switch phase {
        case .waiting where RunSignal.ends(signal):
            record.phase = .ended
            record.signal = signal
            record.reason = EndReason.cancelled
            let message = "signal \(signal) while waiting for the inputs; the command is not run"
            record.message = message
            exitCode = CommandEnd.code(of: signal)
            return [
                .complain(message), .record(record), .state(StateValue.killed), .done(attempt: record.attempt),
            ] + leave()
        case .running:
            forwarded.append(signal)
            // `sh -c` passes nothing on to what it runs, so that which is to end all goes to all.
            return [RunSignal.ends(signal) ? .signalGroup(signal) : .signal(signal)]
        case .draining where RunSignal.ends(signal):
            leaveSignal = signal
            return []
        case .awaitingOutputs where RunSignal.ends(signal):
            return leave(beforeOutputs: "signal \(signal) came while they were awaited")
        default:
            return []
        }
    }

    private mutating func started(_ processID: Int32, at now: Int64) -> [RunEffect] {
        phase = .running
        lastOutput = now
        record.phase = .running
        record.processID = processID
        return [.record(record)]
    }

    private mutating func notStarted(_ code: Int32, _ message: String) -> [RunEffect] {
        record.phase = .ended
        record.exitCode = code
        record.reason = EndReason.notStarted
        record.message = message
        exitCode = code
        return [.complain(message)] + conclude(StateValue.error)
    }

    private mutating func ended(_ end: CommandEnd, at now: Int64) -> [RunEffect] {
        self.end = end
        if streamsHaveEnded { return finish() }
        phase = .draining(until: now + RunRules.drainLimit, isQuiet: false)
        return []
    }

    private mutating func extendDraining(from now: Int64) {
        if case .draining(_, let isQuiet) = phase {
            phase = .draining(until: now + RunRules.drainLimit, isQuiet: isQuiet)
        }
    }

    private mutating func timer(at now: Int64) -> [RunEffect] {
        guard let deadline, now >= deadline else { return [] }
        switch (phase, watchdog) {
        case (.running, .watching):
            watchdog = .terminating(killAt: now + RunRules.terminationGrace)
            record.reason = EndReason.noOutput
            let message = "no output for \(DurationText.print(inOneUnit: rules.noOutputTimeout ?? 0))"
            record.message = message
            return [.complain("\(message); ending the command"), .signalGroup(RunSignal.terminate)]
        case (.running, .terminating):
            watchdog = .killed
            return [.complain("the command has not ended on TERM; killing it"), .signalGroup(RunSignal.kill)]
        case (.draining(_, isQuiet: false), _):
            phase = .draining(until: now + RunRules.drainLimit, isQuiet: true)
            return [.endDescendants]
        case (.draining, _): return finish()
        case (.waiting, _):
            return refuse(
                TryVerdict(attempt: record.attempt, exitCode: ExitCode.inputOutput.rawValue, message: Self.agentIsGone))
        case (.awaitingOutputs, _):
            let isGone = agentDeadline.map { now >= $0 } == true
            return leave(beforeOutputs: isGone ? Self.agentIsGone : "the markers cannot be written")
        default: return []
        }
    }

    /// The command has ended and all it printed is there.
    private mutating func finish() -> [RunEffect] {
        guard let end else { return [] }
        exitCode = end.code
        record.phase = .ended
        switch end {
        case .exited(let code): (record.exitCode, record.signal) = (code, signalObeyed(by: end))
        case .signaled(let signal): record.signal = signal
        }
        var state = state(of: end)
        var news: [RunEffect] = []
        if watchdog != .watching {
            state = StateValue.killed
            // A command that answers the watchdog's TERM with exit 0 has not succeeded.
            if exitCode == 0 {
                (record.exitCode, record.signal) = (nil, RunSignal.terminate)
                exitCode = CommandEnd.code(of: RunSignal.terminate)
            }
        } else if memoryRanOut, exitCode != 0 {
            record.message = Self.memoryRanOut
            news = [.complain("the command's end: \(Self.memoryRanOut)")]
            // A shell ends with this code when what it ran was killed; with any other the command had its own reasons.
            if exitCode == CommandEnd.code(of: RunSignal.kill) {
                record.reason = EndReason.oomKilled
                state = StateValue.killed
            }
        }
        watchdog = .watching
        return [.endDescendants, .note(Self.describe(end))] + news + [.closeStreams] + conclude(state)
    }

    private static let memoryRanOut = "a process was killed for want of memory; raise the container's memory limit"

    /// Shells and the JVM turn the signal they were ended by into their exit code.
    private func signalObeyed(by end: CommandEnd) -> Int32? {
        guard case .exited(let code) = end else { return nil }
        return forwarded.first { CommandEnd.code(of: $0) == code }
    }

    private mutating func conclude(_ state: String) -> [RunEffect] {
        let effects: [RunEffect] = [.record(record), .state(state), .done(attempt: record.attempt)]
        guard rules.awaitsOutputs else { return effects + leave() }
        if let leaveSignal {
            return effects + leave(beforeOutputs: "signal \(leaveSignal) came before they could be")
        }
        if folderIsDeleted { return effects + leave(beforeOutputs: Self.folderIsDeleted) }
        phase = .awaitingOutputs
        // What was so while the command ran is looked at anew.
        (absentSince, unwrittenSince) = (nil, nil)
        return effects
    }

    /// The command's code stands; a success of which the outputs are not known to be stored is none.
    private mutating func leave(beforeOutputs reason: String) -> [RunEffect] {
        if exitCode == 0 { exitCode = ExitCode.inputOutput.rawValue }
        return [.complain("the outputs are not known to be stored: \(reason)")] + leave()
    }

    private static let agentIsGone =
        "no agent has been on the volume for \(DurationText.print(inOneUnit: RunRules.absenceLimit)); it has ended, or never began"

    private static let folderIsDeleted =
        "\(WorkdirPath.own)/ was deleted from the workdir; the command must leave it there"

    private mutating func leave() -> [RunEffect] {
        phase = .finished
        return [.exit(exitCode)]
    }

    private func state(of end: CommandEnd) -> String {
        switch end {
        case .exited(0): StateValue.success
        case .exited where signalObeyed(by: end) != nil: StateValue.killed
        case .exited: StateValue.error
        case .signaled: StateValue.killed
        }
    }

    private static func describe(_ end: CommandEnd) -> String {
        switch end {
        case .exited(let code): "the command has ended with exit code \(code)"
        case .signaled(let signal): "the command was ended by signal \(signal)"
        }
    }

    /// A failure is never reported as success, whatever the verdict's number: the kernel keeps its lowest byte alone.
    private static func failureCode(_ verdict: TryVerdict, otherwise fallback: ExitCode) -> Int32 {
        (1...255).contains(verdict.exitCode) ? verdict.exitCode : fallback.rawValue
    }
}

/// The settings and fixed times of a run. All times in milliseconds.
package struct RunRules: Sendable, Equatable {
    /// The longest silence of the command; nil: any.
    package var noOutputTimeout: Int64?
    /// Whether the agent's word on the outputs is awaited after the command's end.
    package var awaitsOutputs: Bool

    package init(noOutputTimeout: Int64? = nil, awaitsOutputs: Bool = false) {
        self.noOutputTimeout = noOutputTimeout
        self.awaitsOutputs = awaitsOutputs
    }

    /// How long a step goes on waiting without an agent. Longer than the kubelet pauses at most (5 min) before it starts
    /// one again that was killed.
    static let absenceLimit: Int64 = 600_000
    /// How long a marker may fail to be written while the agent waits for it.
    static let unwrittenLimit: Int64 = 60_000
    /// From the watchdog's TERM to its KILL.
    static let terminationGrace: Int64 = 10_000
    /// How long descendants that hold the streams may go on writing after the command itself has ended. In a container
    /// of its own they would end with it at once.
    static let drainLimit: Int64 = 1_000
}
