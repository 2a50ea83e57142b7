package import WorkdirProtocol

/// What a run wants done, in this order.
package enum RunEffect: Sendable, Equatable {
    case record(TryRecord)
    case state(String)
    case done(attempt: Int)
    case touchHealthy
    /// Answered by `started` or `notStarted`.
    case startCommand
    /// A signal for the command alone.
    case signal(Int32)
    /// A signal for the command and what it has started in its process group.
    case signalGroup(Int32)
    /// Ends every descendant that is left.
    case endDescendants
    /// Reads what is left in the streams, and completes the log.
    case closeStreams
    /// A line of the entrypoint's own in the log.
    case note(String)
    /// The same, and on the error output, because somebody should know.
    case complain(String)
    case exit(Int32)
}
