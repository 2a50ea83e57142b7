/// Where a step is.
package enum LifecyclePhase: Sendable, Equatable, Codable {
    /// Nothing has begun.
    case pending
    /// Inputs are being fetched and verified.
    case initializing
    /// `ready` is published; nothing was heard of main.
    case ready
    /// Main's container has started.
    case started
    /// Main has spoken through `state`.
    case running
    /// A try has failed; another may follow.
    case awaitingRetry(FailureCause)
    /// Main has ended for good; outputs are being stored.
    case storing(StepOutcome)
    /// The terminal report is made and the verdict published; only SIGTERM is awaited.
    case settled(StepOutcome)
    /// Reports are being flushed; the agent exits 0.
    case leaving(StepOutcome)

    /// The startup probe may pass: inputs are there, or never will be (then the entrypoint finds `failed`).
    package var letsMainStart: Bool {
        switch self {
        case .pending, .initializing: false
        case .ready, .started, .running, .awaitingRetry, .storing, .settled, .leaving: true
        }
    }
}
