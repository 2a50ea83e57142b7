import WorkdirProtocol

/// Outputs, SIGTERM and the clock that runs from there.
extension LifecycleMachine {
    mutating func outputsStored() -> [LifecycleEffect] {
        switch phase {
        case .storing(let outcome):
            return settle(outcome, announcing: .publishStored(attempt: memory.attempt))
        case .pending, .initializing, .ready, .started, .running, .awaitingRetry, .settled, .leaving:
            return []
        }
    }

    mutating func outputsFailed(_ cause: FailureCause) -> [LifecycleEffect] {
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

    mutating func terminate() -> [LifecycleEffect] {
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
        message: "SIGTERM came before the inputs were in place", exitCode: ExitCode.temporary.rawValue)
    private static let cancellation = LifecycleEffect.publishFailed(attempt: 0, cancelled)

    mutating func statusOverdue() -> [LifecycleEffect] {
        switch phase {
        case .ready, .started, .running:
            guard terminating, rules.placement == .native else { return [] }
            return finish(outcomeOfTry(saidDone: false))
        case .pending, .initializing, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    mutating func storeLatest() -> [LifecycleEffect] {
        switch phase {
        case .ready, .started, .running:
            return terminating ? finish(.failure(Self.stillRunning)) : []
        case .pending, .initializing, .awaitingRetry, .storing, .settled, .leaving:
            return []
        }
    }

    mutating func deadline() -> [LifecycleEffect] {
        switch phase {
        case .storing:
            return terminating ? [.cancelStoring] : []
        case .ready, .started, .running:
            guard terminating else { return [] }
            return settle(
                .failure(Self.stillRunning),
                announcing: .publishFailed(attempt: memory.attempt, Self.stillRunning))
        case .pending, .initializing, .awaitingRetry, .settled, .leaving:
            return []
        }
    }

    private static let stillRunning = FailureCause(
        .killed, container: .main, reason: FailureReason.deadlineExceeded,
        message: "main was still running when the grace period ran out")
}
