package import PodRules

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

/// What the machine must know of its pod.
package struct LifecycleRules: Sendable, Equatable {
    /// How the agent is placed, which decides what a SIGTERM means.
    package enum Placement: Sendable, Equatable {
        /// A native sidecar: the kubelet sends SIGTERM once every main container has ended.
        case native
        /// An ordinary container beside main: SIGTERM reaches both at once, and the pod is over only when both ended.
        case legacy
    }

    package var placement: Placement
    /// `nil`: unknown, so a failed try may be followed by another until SIGTERM says otherwise.
    package var restartPolicy: RestartPolicy?

    /// Beside main as an ordinary container nobody says when main has failed for good, so an unknown policy counts as
    /// `Never`, the usual one of Jobs.
    package init(placement: Placement, restartPolicy: RestartPolicy?) {
        self.placement = placement
        self.restartPolicy = restartPolicy ?? (placement == .legacy ? .never : nil)
    }
}

/// A change of the step's state as the lifecycle decides it; the journal makes it a `StateReport`.
package struct StateChange: Sendable, Equatable, Codable {
    package var state: String
    package var previous: String
    /// The step is over; exactly one report of a step says so.
    package var terminal: Bool
    package var cause: FailureCause?

    package init(_ state: String, previous: String, terminal: Bool = false, cause: FailureCause? = nil) {
        self.state = state
        self.previous = previous
        self.terminal = terminal
        self.cause = cause
    }
}

/// States the agent itself reports; whatever main writes into `state` is reported as it stands.
package enum StepState {
    /// Nobody has spoken yet; never reported, only the `previous` of the first report.
    package static let pending = "PENDING"
    package static let initializing = "INITIALIZING"
    package static let started = "STARTED"
    package static let terminating = "TERMINATING"
    package static let done = "DONE"
    package static let error = "ERROR"
    package static let killed = "KILLED"
}
