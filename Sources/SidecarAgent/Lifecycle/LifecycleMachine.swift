internal import PodRules
import WorkdirProtocol

/// The life of a step as a value: what happened goes in, what is to be done comes out. It never awaits, logs or reads
/// a clock, so every state × every input is tested by table.
///
/// Guarantees, whatever the order of inputs:
/// - `ready` is published only after every input was verified, and never after a failure;
/// - exactly one terminal report ends a step, and nothing is reported after it;
/// - a try of main ends once, whichever of its signs comes first;
/// - a native sidecar leaves only after SIGTERM.
struct LifecycleMachine: Sendable, Equatable {
    /// What a killed agent's successor must know. Written to the journal before the effects are performed.
    struct Memory: Sendable, Equatable, Codable {
        var phase = LifecyclePhase.pending
        /// Current try of main, from 1; 0 before one was seen.
        var attempt = 0
        /// The entrypoint's record of the current try; `nil` where main has no entrypoint of ours.
        var record: MainAttempt?
        /// Last line of `state` in the current try.
        var lastState: String?
        /// The last `done` taken, so that it never counts twice.
        var lastDone: String?
        /// Last state reported.
        var reported = StepState.pending
        var startedReported = false
        /// Why the kubelet has not started main, as last heard.
        var notStarted: String?
        /// `ready` was published, so a verdict concerns single tries from here on.
        var mayRun = false
    }

    enum Silence: Sendable {
        case volumeFull
        /// The folder that markers lie in is no longer in the workdir.
        case folderDeleted
    }

    let rules: LifecycleRules
    var memory: Memory
    /// SIGTERM has come.
    var terminating = false
    /// The API server tells of main's container.
    var hearsStatus = false
    /// What keeps main from saying how it ended, as far as the shell has seen.
    var silence: Silence?
    /// What main said before `ready` existed; taken up once it does.
    var deferred: [LifecycleInput] = []

    /// Enough for what can lie in a volume; a program that chatters before `ready` loses its oldest lines.
    static let deferredLimit = 64

    init(_ rules: LifecycleRules, memory: Memory = Memory()) {
        self.rules = rules
        self.memory = memory
    }

    var phase: LifecyclePhase { memory.phase }

    mutating func handle(_ input: LifecycleInput) -> [LifecycleEffect] {
        switch input {
        case .start: start()
        case .rebooted: rebooted()
        case .inputsReady: inputsReady()
        case .inputsFailed(let cause): inputsFailed(cause)
        case .started: started(input)
        case .state(let value): state(value, input)
        case .attempt(let record): attempt(record, input)
        case .done(let marker): done(marker, input)
        case .mainGone(let attempt): mainGone(attempt)
        case .mainStatus(let status): mainStatus(status, input)
        case .statusOverdue: statusOverdue()
        case .outputsStored: outputsStored()
        case .outputsFailed(let cause): outputsFailed(cause)
        case .terminate: terminate()
        case .storeLatest: storeLatest()
        case .deadline: deadline()
        }
    }
}

// MARK: - Beginning

extension LifecycleMachine {
    private mutating func start() -> [LifecycleEffect] {
        switch phase {
        case .pending:
            memory.phase = .initializing
            return [report(StepState.initializing), .fetchInputs]
        case .initializing:
            return [.fetchInputs]
        case .ready, .started, .running:
            return [.publishReady, .storeContinuously]
        case .awaitingRetry(let cause):
            return [.publishReady, .storeContinuously, release(cause)]
        case .storing(let outcome):
            return [.storeOutputs(StoreOrder(attempt: memory.attempt, outcome: outcome))]
        case .settled(let outcome), .leaving(let outcome):
            memory.phase = .settled(outcome)
            return [verdict(outcome)] + leaveIfFree(outcome)
        }
    }

    private mutating func rebooted() -> [LifecycleEffect] {
        switch phase {
        case .started, .running:
            let cause = FailureCause(
                .killed, container: .main, reason: FailureReason.nodeRebooted,
                message: "the node was rebooted while main was running")
            return endTry(.failure(cause))
        case .pending, .initializing, .ready, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    private mutating func inputsReady() -> [LifecycleEffect] {
        switch phase {
        case .initializing:
            memory.phase = .ready
            memory.mayRun = true
            let early = deferred
            deferred = []
            return [.publishReady] + early.flatMap { handle($0) }
        case .pending, .ready, .started, .running, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    private mutating func inputsFailed(_ cause: FailureCause) -> [LifecycleEffect] {
        switch phase {
        // In `ready` the marker itself could not be written, so main has not begun.
        case .initializing, .ready:
            deferred = []
            memory.mayRun = false
            return settle(.failure(cause), announcing: .publishFailed(attempt: 0, cause))
        case .pending, .started, .running, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }
}

// MARK: - Steps shared by all

extension LifecycleMachine {
    mutating func report(_ state: String, terminal: Bool = false, cause: FailureCause? = nil) -> LifecycleEffect {
        defer { memory.reported = state }
        return .report(StateChange(state, previous: memory.reported, terminal: terminal, cause: cause))
    }

    /// `STARTED` is reported once in a step, however many tries it takes.
    mutating func reportStarted() -> [LifecycleEffect] {
        guard !memory.startedReported else { return [] }
        memory.startedReported = true
        return [report(StepState.started), .storeContinuously]
    }

    mutating func postpone(_ input: LifecycleInput) -> [LifecycleEffect] {
        if deferred.count == Self.deferredLimit { deferred.removeFirst() }
        deferred.append(input)
        return []
    }

    /// The end of one try: of the whole step where no other can follow.
    mutating func endTry(_ outcome: StepOutcome, final: Bool = false) -> [LifecycleEffect] {
        let started = reportStarted()
        guard case .failure(let cause) = outcome, !final, !terminating, rules.restartPolicy != .never else {
            return started + finish(outcome)
        }
        memory.phase = .awaitingRetry(cause)
        return started + [release(cause)]
    }

    /// Main will not run again.
    mutating func finish(_ outcome: StepOutcome) -> [LifecycleEffect] {
        memory.phase = .storing(outcome)
        let order = LifecycleEffect.storeOutputs(StoreOrder(attempt: memory.attempt, outcome: outcome))
        return memory.reported == StepState.terminating ? [order] : [report(StepState.terminating), order]
    }

    private mutating func settle(_ outcome: StepOutcome, announcing verdict: LifecycleEffect) -> [LifecycleEffect] {
        memory.phase = .settled(outcome)
        let cause = outcome.cause
        return [report(cause?.state ?? StepState.done, terminal: true, cause: cause), verdict] + leaveIfFree(outcome)
    }

    /// A native sidecar that exits is restarted for ever, so it stays until SIGTERM; an ordinary container must exit
    /// for its pod to complete.
    private mutating func leaveIfFree(_ outcome: StepOutcome) -> [LifecycleEffect] {
        guard terminating || rules.placement == .legacy else { return [] }
        memory.phase = .leaving(outcome)
        return [.exit]
    }

    /// Lets an entrypoint that waits for its outputs go although another try may follow.
    private func release(_ cause: FailureCause) -> LifecycleEffect {
        cause.container == .main
            ? .publishStored(attempt: memory.attempt) : .publishFailed(attempt: memory.attempt, cause)
    }

    /// The verdict on a settled step, for whichever try asks.
    func verdict(_ outcome: StepOutcome) -> LifecycleEffect {
        outcome.cause.map(release) ?? .publishStored(attempt: memory.attempt)
    }
}

/// Outputs, SIGTERM and the clock that runs from there.
extension LifecycleMachine {
    private mutating func outputsStored() -> [LifecycleEffect] {
        switch phase {
        case .storing(let outcome):
            return settle(outcome, announcing: .publishStored(attempt: memory.attempt))
        case .pending, .initializing, .ready, .started, .running, .awaitingRetry, .settled, .leaving:
            return []
        }
    }

    private mutating func outputsFailed(_ cause: FailureCause) -> [LifecycleEffect] {
        switch phase {
        case .storing(.success):
            let announcement = LifecycleEffect.publishFailed(attempt: memory.attempt, cause)
            guard rules.restartPolicy == .onFailure, !terminating else {
                return settle(.failure(cause), announcing: announcement)
            }
            // The entrypoint exits with our code, so the kubelet gives the step another try.
            memory.phase = .awaitingRetry(cause)
            return [announcement]
        case .storing(.failure(var main)):
            main.message += "; its outputs were not all stored: \(cause.message)"
            return settle(.failure(main), announcing: .publishFailed(attempt: memory.attempt, cause))
        case .pending, .initializing, .ready, .started, .running, .awaitingRetry, .settled, .leaving:
            return []
        }
    }

    private mutating func terminate() -> [LifecycleEffect] {
        guard !terminating else { return [] }
        terminating = true
        switch phase {
        case .pending:
            return [.beginGrace] + settle(.failure(Self.cancelled), announcing: Self.cancellation)
        case .initializing:
            deferred = []
            return [.beginGrace, .cancelFetching]
                + settle(.failure(Self.cancelled), announcing: Self.cancellation)
        case .ready, .started, .running:
            // Beside main as an ordinary container it says nothing of main. After a native sidecar's main the kubelet
            // sends it in the moment in which it tells the API server how main ended, which is what counts where main
            // itself has not said.
            guard rules.placement == .native, hasSaidHow || !hearsStatus else { return [.beginGrace] }
            return [.beginGrace] + finish(outcomeOfTry(saidDone: false))
        case .awaitingRetry(let cause):
            return [.beginGrace] + finish(outcomeToStore(cause))
        case .storing:
            return [.beginGrace]
        case .settled(let outcome):
            return [.beginGrace] + leaveIfFree(outcome)
        case .leaving:
            return []
        }
    }

    private static let cancelled = FailureCause(
        .killed, container: .agent, reason: FailureReason.cancelled,
        message:
            "SIGTERM came before the inputs were in place: the pod is being deleted, or the agent's startup probe gives "
            + "the downloads too little time", exitCode: ExitCode.temporary.rawValue)
    private static let cancellation = LifecycleEffect.publishFailed(attempt: 0, cancelled)

    private mutating func statusOverdue() -> [LifecycleEffect] {
        switch phase {
        case .ready, .started, .running:
            guard terminating, rules.placement == .native else { return [] }
            return finish(outcomeOfTry(saidDone: false))
        case .pending, .initializing, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    private mutating func storeLatest() -> [LifecycleEffect] {
        switch phase {
        case .ready, .started, .running:
            return terminating ? finish(.failure(unseenOrRunning)) : []
        case .pending, .initializing, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    private mutating func deadline() -> [LifecycleEffect] {
        switch phase {
        case .storing:
            return terminating ? [.cancelStoring] : []
        case .ready, .started, .running:
            guard terminating else { return [] }
            return settle(
                .failure(unseenOrRunning), announcing: .publishFailed(attempt: memory.attempt, unseenOrRunning))
        case .pending, .initializing, .awaitingRetry, .settled, .leaving:
            return []
        }
    }

    private var unseenOrRunning: FailureCause { phase == .ready ? notSeen : Self.stillRunning }

    private static let stillRunning = FailureCause(
        .killed, container: .main, reason: FailureReason.deadlineExceeded,
        message: "main was still running when the grace period ran out")
}
