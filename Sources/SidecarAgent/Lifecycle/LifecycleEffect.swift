/// What the shell is to do, in order. Every effect may be asked for again after a restart, so each is idempotent.
package enum LifecycleEffect: Sendable, Equatable {
    case fetchInputs
    case cancelFetching
    case publishReady
    case report(StateChange)

    /// Upload what is marked `during: continuous` while main runs.
    case storeContinuously
    case storeOutputs(StoreOrder)
    /// Stop uploads; the shell answers `outputsFailed` naming what is missing.
    case cancelStoring

    /// The entrypoint of that try need not wait any longer: what is to be stored, is.
    case publishStored(attempt: Int)
    /// The step, or that try, cannot succeed; attempt 0 stands for every try.
    case publishFailed(attempt: Int, FailureCause)

    /// SIGTERM has come: count down to `storeLatest` and `deadline`.
    case beginGrace
    /// Flush the reports as long as the grace allows, then exit 0.
    case exit
}

/// What to store: the outputs whose `when` fits the outcome.
package struct StoreOrder: Sendable, Equatable, Codable {
    package var attempt: Int
    package var outcome: StepOutcome

    package init(attempt: Int, outcome: StepOutcome) {
        self.attempt = attempt
        self.outcome = outcome
    }
}
