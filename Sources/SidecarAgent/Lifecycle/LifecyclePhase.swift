package import PodRules

/// Where a step is.
enum LifecyclePhase: Sendable, Equatable, Codable {
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
    var letsMainStart: Bool {
        switch self {
        case .pending, .initializing: false
        case .ready, .started, .running, .awaitingRetry, .storing, .settled, .leaving: true
        }
    }
}

/// What the machine must know of its pod.
package struct LifecycleRules: Sendable, Equatable {
    /// How the agent is placed, which decides what a SIGTERM means.
    package enum Placement: Sendable, Equatable {
        /// A native sidecar: the kubelet sends SIGTERM once every main container has ended.
        case native
        /// An ordinary container beside main: SIGTERM reaches both at once, and the pod is over only when both ended.
        case legacy
    }

    var placement: Placement
    /// `nil`: unknown, so a failed try may be followed by another until SIGTERM says otherwise.
    var restartPolicy: RestartPolicy?

    /// Beside main as an ordinary container nobody says when main has failed for good, so an unknown policy counts as
    /// `Never`, the usual one of Jobs.
    package init(placement: Placement, restartPolicy: RestartPolicy?) {
        self.placement = placement
        self.restartPolicy = restartPolicy ?? (placement == .legacy ? .never : nil)
    }
}

/// A change of the step's state as the lifecycle decides it; the journal makes it a `StateReport`.
struct StateChange: Sendable, Equatable, Codable {
    var state: String
    var previous: String
    /// The step is over; exactly one report of a step says so.
    var terminal: Bool
    var cause: FailureCause?

    init(_ state: String, previous: String, terminal: Bool = false, cause: FailureCause? = nil) {
        self.state = state
        self.previous = previous
        self.terminal = terminal
        self.cause = cause
    }
}

/// States the agent itself reports; whatever main writes into `state` is reported as it stands.
enum StepState {
    /// Nobody has spoken yet; never reported, only the `previous` of the first report.
    static let pending = "PENDING"
    static let initializing = "INITIALIZING"
    static let started = "STARTED"
    static let terminating = "TERMINATING"
    static let done = "DONE"
    static let error = "ERROR"
    static let killed = "KILLED"
}
