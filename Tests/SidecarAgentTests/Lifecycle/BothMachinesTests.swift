import PodRules
import Testing
import WorkdirProtocol

@testable import Entrypoint
@testable import SidecarAgent

/// The agent's machine and the entrypoint's on one volume: every write may fail, each side may die, anybody may be asked
/// to stop, in any order.
@Suite("Agent and entrypoint: nobody waits for ever")
struct BothMachinesTests {
    struct Variant: Sendable, CustomTestStringConvertible {
        var placement: LifecycleRules.Placement
        var policy: RestartPolicy
        var code: Int32
        var testDescription: String { "\(placement), \(policy), main exits with \(code)" }
    }

    static let variants = [LifecycleRules.Placement.native, .legacy].flatMap { placement in
        [RestartPolicy.never, .onFailure].flatMap { policy in
            [0, 3].map { Variant(placement: placement, policy: policy, code: $0) }
        }
    }

    @Test("from every state an end is reached", arguments: variants)
    func ends(variant: Variant) {
        var walked: Set<String> = []
        var frontier = [World(variant)]
        while let world = frontier.popLast() {
            for (writes, agentLives) in [(true, true), (false, true), (true, false), (false, false)] {
                var rest = world
                let violation = rest.walkOn(writesSucceed: writes, agentLives: agentLives)
                #expect(violation == nil, "\(world.path), writes \(writes), agent \(agentLives): \(violation ?? "")")
                if violation != nil { return }
            }
            for action in World.Action.allCases {
                var after = world
                if action.isFault { after.faults += 1 }
                guard after.faults <= World.mostFaults, after.perform(action), walked.insert("\(after)").inserted else {
                    continue
                }
                after.path.append(action)
                frontier.append(after)
            }
        }
        #expect(walked.count > 100)
    }
}

private struct World: CustomStringConvertible {
    enum Action: CaseIterable {
        case agentReads, fetched, fetchFailed, stored, storeFailed, verdictWritten
        case agentDies, agentReturns, agentAsked, graceTimer
        case entrypointLooks, markersWritten, markersRefused, commandEnds, entrypointAsked, entrypointTimer,
            entrypointDies

        var isFault: Bool {
            switch self {
            case .fetchFailed, .storeFailed, .agentDies, .agentAsked, .markersRefused, .entrypointAsked,
                .entrypointDies:
                true
            default: false
            }
        }
    }

    /// In one life; more are only more of the same.
    static let mostFaults = 2

    struct Volume {
        var ready = false
        var record: TryRecord?
        var state: String?
        var done: Int?
        var stored: TryVerdict?
        var failed: TryVerdict?
    }

    let variant: BothMachinesTests.Variant
    var path: [Action] = []
    var volume = Volume()

    // The agent: its machine while it lives, what it remembers, and what it is at.
    var agent: LifecycleMachine?
    var memory = LifecycleMachine.Memory()
    var isFetching = false
    var isStoring = false
    var verdicts: [String: TryVerdict] = [:]
    var timers: [LifecycleInput] = []
    var hasLeft = false
    var agentDeaths = 0
    /// The outputs of this try are stored.
    var storedTry: Int?

    // The entrypoint: its machine, its markers on their way, its child.
    var entrypoint: RunMachine
    var queue = MarkerQueue()
    var commandRuns = false
    var exitCode: Int32?
    var isKilled = false
    var refusals = 0
    var isAsked = false
    var faults = 0

    init(_ variant: BothMachinesTests.Variant) {
        self.variant = variant
        entrypoint = RunMachine(rules: RunRules(awaitsOutputs: true), attempt: 1, epoch: "e")
        agent = LifecycleMachine(rules)
        tellAgent(.start)
        perform(entrypoint.begin())
    }

    private var rules: LifecycleRules { LifecycleRules(placement: variant.placement, restartPolicy: variant.policy) }
    private var entrypointLives: Bool { exitCode == nil && !isKilled }

    /// Without the way that led there.
    var description: String {
        let agentState =
            "\(String(describing: agent)) \(memory) \(isFetching) \(isStoring) \(verdicts) \(timers.count) "
        return agentState
            + "\(hasLeft) \(agentDeaths) \(String(describing: storedTry)) \(volume) \(entrypoint) \(queue) "
            + "\(commandRuns) \(String(describing: exitCode)) \(isKilled) \(refusals) \(isAsked) \(faults)"
    }

    /// `false` where it cannot happen now.
    mutating func perform(_ action: Action) -> Bool {
        switch action {
        case .agentReads: return agent != nil && readMarkers()
        case .fetched: return finishFetching(.inputsReady)
        case .fetchFailed: return finishFetching(.inputsFailed(Notation.agentFailed))
        case .stored: return finishStoring(.outputsStored)
        case .storeFailed: return finishStoring(.outputsFailed(Notation.agentFailed))
        case .verdictWritten: return writeVerdicts()
        case .agentDies:
            guard agent != nil, agentDeaths == 0 else { return false }
            killAgent()
        case .agentReturns:
            // An ordinary container under `Never` is not started again.
            guard agent == nil, !hasLeft, agentDeaths == 1, variant.placement == .native else { return false }
            agentDeaths = 2
            agent = LifecycleMachine(rules, memory: memory)
            tellAgent(.start)
        case .agentAsked:
            guard let agent, !agent.terminating else { return false }
            tellAgent(.terminate)
        case .graceTimer:
            guard agent != nil, !timers.isEmpty else { return false }
            tellAgent(timers.removeFirst())
        case .entrypointLooks: return entrypointLives && look()
        case .markersWritten: return entrypointLives && flush(succeeding: true)
        case .markersRefused:
            guard entrypointLives, refusals == 0 else { return false }
            refusals = 1
            return flush(succeeding: false)
        case .commandEnds: return endCommand()
        case .entrypointAsked:
            guard entrypointLives, !isAsked else { return false }
            isAsked = true
            tell(.signal(15))
        case .entrypointTimer:
            guard entrypointLives, let deadline = entrypoint.deadline else { return false }
            perform(entrypoint.handle(.timer, at: deadline))
        case .entrypointDies:
            guard entrypointLives else { return false }
            (isKilled, commandRuns) = (true, false)
        }
        return true
    }

    /// To the end, by what must happen sooner or later; says what is wrong with it.
    mutating func walkOn(writesSucceed: Bool, agentLives: Bool) -> String? {
        if !agentLives { killAgent() }
        for _ in 0..<20 where entrypointLives {
            tell(.agent(isPresent: agent != nil))
            _ = flush(succeeding: writesSucceed)
            if agent != nil {
                _ = readMarkers()
                _ = finishFetching(.inputsReady)
                _ = finishStoring(.outputsStored)
                if writesSucceed { _ = writeVerdicts() }
            }
            _ = look()
            _ = endCommand()
            if entrypointLives, let deadline = entrypoint.deadline {
                perform(entrypoint.handle(.timer, at: deadline))
            }
            // On a full volume an agent that lives may wait for words that cannot come: the container is stopped at last.
            if !writesSucceed, entrypointLives, entrypoint.deadline == nil, !commandRuns { tell(.signal(15)) }
        }
        guard !entrypointLives else { return "the entrypoint waits for ever: \(entrypoint)" }
        if let exitCode {
            if exitCode == 0, storedTry == nil { return "a success without its outputs" }
            if let record = volume.record, record.phase == .ended, let code = record.exitCode, code != 0,
                code != exitCode
            {
                return "main's code \(code) became \(exitCode)"
            }
        }
        guard agent != nil else { return nil }
        _ = readMarkers()
        tellAgent(.terminate)
        for timer in [LifecycleInput.statusOverdue, .storeLatest, .deadline] where agent != nil {
            _ = finishStoring(.outputsStored)
            if agent != nil { tellAgent(timer) }
        }
        _ = finishStoring(.outputsFailed(Notation.agentFailed))
        return hasLeft ? nil : "the agent waits for ever: \(String(describing: agent?.phase))"
    }

    private mutating func killAgent() {
        guard agent != nil else { return }
        (agent, isFetching, isStoring, verdicts, timers) = (nil, false, false, [:], [])
        agentDeaths += 1
    }

    private mutating func finishFetching(_ input: LifecycleInput) -> Bool {
        guard isFetching, agent != nil else { return false }
        isFetching = false
        tellAgent(input)
        return true
    }

    private mutating func finishStoring(_ input: LifecycleInput) -> Bool {
        guard isStoring, agent != nil else { return false }
        isStoring = false
        if input == .outputsStored { storedTry = agent?.memory.attempt }
        tellAgent(input)
        return true
    }

    private mutating func readMarkers() -> Bool {
        if let record = volume.record { tellAgent(.attempt(MainAttempt(record))) }
        if let state = volume.state { tellAgent(.state(state)) }
        if let done = volume.done { tellAgent(.done(DoneMarker(attempt: done, identity: "\(done)"))) }
        return true
    }

    private mutating func writeVerdicts() -> Bool {
        guard agent != nil, !verdicts.isEmpty else { return false }
        volume.stored = verdicts["stored"] ?? volume.stored
        volume.failed = verdicts["failed"] ?? volume.failed
        verdicts = [:]
        return true
    }

    private mutating func tellAgent(_ input: LifecycleInput) {
        guard var machine = agent else { return }
        let effects = machine.handle(input)
        agent = machine
        memory = machine.memory
        for effect in effects {
            switch effect {
            case .fetchInputs: isFetching = true
            case .cancelFetching: isFetching = false
            case .publishReady: volume.ready = true
            case .storeOutputs: isStoring = true
            case .cancelStoring:
                if isStoring {
                    isStoring = false
                    tellAgent(.outputsFailed(Notation.agentFailed))
                }
            case .publishStored(let attempt):
                verdicts["stored"] = TryVerdict(attempt: attempt, exitCode: 0, message: "")
            case .publishFailed(let attempt, let cause):
                verdicts["failed"] = TryVerdict(attempt: attempt, exitCode: cause.exitCode ?? 70, message: "")
            case .beginGrace: timers = [.statusOverdue, .storeLatest, .deadline]
            case .exit:
                // What could be written was written before.
                _ = writeVerdicts()
                (agent, hasLeft) = (nil, true)
            case .report, .storeContinuously: break
            }
        }
    }

    private mutating func look() -> Bool {
        tell(
            .markers(
                MarkerSnapshot(isReady: volume.ready, epoch: "e", failed: volume.failed, stored: volume.stored)))
        return true
    }

    private mutating func flush(succeeding: Bool) -> Bool {
        guard entrypointLives, !queue.isEmpty else { return false }
        var volume = volume
        try? queue.flush { text, path throws(FileError) in
            guard succeeding else { throw FileError(operation: "write", path: path, code: 28) }
            switch path {
            case WorkdirPath.attempt: volume.record = TryRecord(parsing: Array(text.utf8))
            case WorkdirPath.state: volume.state = text.split(separator: "\n").first.map(String.init)
            case WorkdirPath.done: volume.done = text.split(separator: "\n").first.flatMap { Int($0) }
            default: break
            }
        }
        self.volume = volume
        tell(.markersWritten(queue.isEmpty))
        return true
    }

    private mutating func endCommand() -> Bool {
        guard commandRuns, entrypointLives else { return false }
        commandRuns = false
        tell(.ended(.exited(variant.code)))
        tell(.streamsEnded)
        return true
    }

    private mutating func tell(_ input: RunInput) {
        guard entrypointLives else { return }
        perform(entrypoint.handle(input, at: 0))
    }

    private mutating func perform(_ effects: [RunEffect]) {
        for effect in effects {
            switch effect {
            case .record(let record): queue.add(record.text, to: WorkdirPath.attempt)
            case .state(let state): queue.add("\(state)\n", to: WorkdirPath.state)
            case .done(let attempt): queue.add("\(attempt)\n", to: WorkdirPath.done)
            case .startCommand:
                commandRuns = true
                tell(.started(processID: 7))
            case .signalGroup: _ = endCommand()
            case .exit(let code): exitCode = code
            case .touchHealthy, .signal, .endDescendants, .closeStreams, .note, .complain: break
            }
        }
    }
}
