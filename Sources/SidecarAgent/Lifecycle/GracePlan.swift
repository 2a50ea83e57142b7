import Synchronization

/// What becomes of the time between SIGTERM and SIGKILL. All from SIGTERM on.
struct GracePlan: Sendable, Equatable {
    /// Main has ended, and the API server is not waited for any longer to say how.
    var statusLatest: Duration
    /// Main still runs (legacy only): what it has written so far must be stored now, or not at all.
    var storeLatest: Duration
    /// Uploads are given up, so that the step's end can still be reported.
    var deadline: Duration
    /// Uploads that have not stopped by now are not waited for.
    var lastCall: Duration
    /// The agent is gone, before it is killed.
    var exit: Duration

    /// A second at least is kept for the last report and the journal, a tenth of a long grace and 5 s at most; and half of
    /// what a tenth would be for leaving. Main may use half of the grace for itself, but leaves a third of what uploads
    /// may have.
    init(grace: Duration) {
        let grace = max(grace, .zero)
        let tenth = min(max(grace / 10, .milliseconds(500)), .seconds(5), grace / 3)
        exit = grace - tenth / 2
        deadline = max(exit - max(tenth, .seconds(1)), grace / 4)
        lastCall = deadline + (exit - deadline) * 3 / 5
        storeLatest = min(grace / 2, deadline * 2 / 3)
        statusLatest = min(storeLatest / 2, .seconds(5))
    }

    /// What a container has from SIGTERM on in any case: the kubelet gives it two seconds also where main has used up all of
    /// the pod's grace, as one does that does not heed SIGTERM.
    private static let least = Duration.seconds(2)

    /// - Parameter left: of the pod's grace, from SIGTERM on, as its object says.
    static func grace(_ configured: Duration, left: Duration) -> Duration { min(configured, max(left, least)) }
}

/// The plan as it stands: the API server may say, a moment after SIGTERM, that less is left than was configured.
final class GraceBoard: Sendable {
    private let plan: Mutex<GracePlan>

    init(_ plan: GracePlan) { self.plan = Mutex(plan) }

    var current: GracePlan { plan.withLock { $0 } }

    func set(_ new: GracePlan) { plan.withLock { $0 = new } }
}
