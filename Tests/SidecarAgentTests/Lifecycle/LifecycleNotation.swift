@testable import SidecarAgent

/// Short names for phases, inputs and effects, so that the tables read like the contract.
enum Notation {
    static let mainFailed = FailureCause(.error, container: .main, reason: "Error", message: "m", exitCode: 3)
    static let agentFailed = FailureCause(
        .error, container: .agent, reason: "OutputFailed", message: "a", exitCode: 74)

    /// Every phase; those with an outcome once for each.
    static let phases: [(name: String, phase: LifecyclePhase)] = [
        ("pending", .pending),
        ("initializing", .initializing),
        ("ready", .ready),
        ("started", .started),
        ("running", .running),
        ("retry", .awaitingRetry(mainFailed)),
        ("storing-ok", .storing(.success)),
        ("storing-failed", .storing(.failure(mainFailed))),
        ("settled-ok", .settled(.success)),
        ("settled-failed", .settled(.failure(mainFailed))),
        ("leaving", .leaving(.success)),
    ]

    /// Every input; those that carry news once for each kind of news. The machine under test is in try 2, whose
    /// predecessor ended with the marker `old`.
    static let inputs: [(name: String, input: LifecycleInput)] = [
        ("start", .start),
        ("rebooted", .rebooted),
        ("inputs-ready", .inputsReady),
        ("inputs-failed", .inputsFailed(agentFailed)),
        ("started", .started),
        ("state-new", .state("half")),
        ("state-same", .state("RUNNING")),
        ("try-1", .attempt(MainAttempt(number: 1, phase: .running))),
        ("try-2", .attempt(MainAttempt(number: 2, phase: .running))),
        ("try-3", .attempt(MainAttempt(number: 3, phase: .waiting))),
        ("done-old", .done(DoneMarker(attempt: 1, identity: "old"))),
        ("done-1", .done(DoneMarker(attempt: 1, identity: "late"))),
        ("done-2", .done(DoneMarker(attempt: 2, identity: "new"))),
        ("done-empty", .done(DoneMarker(attempt: nil, identity: "new"))),
        ("gone-1", .mainGone(attempt: 1)),
        ("gone-2", .mainGone(attempt: 2)),
        ("status-running", .mainStatus(.running)),
        ("status-not-started", .mainStatus(.notStarted(reason: "ImagePullBackOff"))),
        ("status-0", .mainStatus(.terminated(exitCode: 0, reason: "Completed", final: true))),
        ("status-3", .mainStatus(.terminated(exitCode: 3, reason: "Error", final: false))),
        ("status-oom", .mainStatus(.terminated(exitCode: 137, reason: "OOMKilled", final: true))),
        ("stored", .outputsStored),
        ("outputs-failed", .outputsFailed(agentFailed)),
        ("terminate", .terminate),
        ("status-overdue", .statusOverdue),
        ("store-latest", .storeLatest),
        ("deadline", .deadline),
    ]

    /// A machine in the middle of its life: try 2 under way, its first word spoken.
    static func machine(
        in phase: LifecyclePhase, _ rules: LifecycleRules, terminating: Bool, hearsStatus: Bool = false
    ) -> LifecycleMachine {
        var memory = LifecycleMachine.Memory()
        memory.phase = phase
        switch phase {
        case .pending:
            break
        case .initializing:
            memory.reported = StepState.initializing
        case .ready:
            memory.reported = StepState.initializing
            memory.mayRun = true
        case .started, .running, .awaitingRetry, .storing, .settled, .leaving:
            memory.mayRun = true
            memory.startedReported = true
            memory.reported = "RUNNING"
            memory.lastState = "RUNNING"
            memory.lastDone = "old"
            memory.attempt = 2
            memory.record = MainAttempt(number: 2, phase: .running)
        }
        if case .storing = phase { memory.reported = StepState.terminating }
        var machine = LifecycleMachine(rules, memory: memory)
        machine.terminating = terminating
        machine.hearsStatus = hearsStatus
        return machine
    }

    /// `next phase: effect, effect`
    static func describe(_ machine: LifecycleMachine, _ effects: [LifecycleEffect]) -> String {
        let name = describe(machine.phase) + (machine.deferred.isEmpty ? "" : "+deferred")
        return ([name] + effects.map(describe)).joined(separator: " | ")
    }

    static func describe(_ phase: LifecyclePhase) -> String {
        switch phase {
        case .pending: "pending"
        case .initializing: "initializing"
        case .ready: "ready"
        case .started: "started"
        case .running: "running"
        case .awaitingRetry(let cause): "retry(\(cause.reason))"
        case .storing(let outcome): "storing(\(describe(outcome)))"
        case .settled(let outcome): "settled(\(describe(outcome)))"
        case .leaving(let outcome): "leaving(\(describe(outcome)))"
        }
    }

    static func describe(_ outcome: StepOutcome) -> String {
        outcome.cause.map(\.reason) ?? "ok"
    }

    static func describe(_ effect: LifecycleEffect) -> String {
        switch effect {
        case .fetchInputs: "fetch"
        case .cancelFetching: "cancel fetch"
        case .publishReady: "ready"
        case .report(let change):
            "\(change.previous)>\(change.state)" + (change.cause.map { "(\($0.reason))" } ?? "")
                + (change.terminal ? "!" : "")
        case .storeContinuously: "continuous"
        case .storeOutputs(let order): "store \(order.attempt) \(describe(order.outcome))"
        case .cancelStoring: "cancel store"
        case .publishStored(let attempt): "stored \(attempt)"
        case .publishFailed(let attempt, let cause): "failed \(attempt) \(cause.reason)"
        case .beginGrace: "grace"
        case .exit: "exit"
        }
    }
}
