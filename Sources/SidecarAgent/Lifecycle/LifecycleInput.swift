/// Everything that can happen to a step.
package enum LifecycleInput: Sendable, Equatable {
    /// The agent is up. On a journal's machine this means: go on where the earlier agent was killed.
    case start
    /// The node was rebooted while a try ran; whatever main's files said before is void.
    case rebooted

    /// Every input is complete and verified, and the entrypoint is in its place.
    case inputsReady
    /// An input, the configuration or the volume is at fault, for good.
    case inputsFailed(FailureCause)

    /// The `started` marker.
    case started
    /// A line in `state`, sanitised.
    case state(String)
    /// The entrypoint's record of the current try.
    case attempt(MainAttempt)
    case done(DoneMarker)
    /// The process of that try is gone (shared PID namespace).
    case mainGone(attempt: Int)
    case mainStatus(MainStatus)

    case outputsStored
    case outputsFailed(FailureCause)

    /// SIGTERM.
    case terminate
    /// After SIGTERM: the API server has had the time to say how main ended.
    case statusOverdue
    /// After SIGTERM: main still runs, but what it left must be stored now to be in time.
    case storeLatest
    /// After SIGTERM: the grace is nearly over.
    case deadline
}
