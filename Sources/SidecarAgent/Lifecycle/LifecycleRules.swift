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
