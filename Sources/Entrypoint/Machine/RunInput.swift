import WorkdirProtocol

/// What may happen to a run.
package enum RunInput: Sendable, Equatable {
    /// What lies in the workdir; sent whenever it may have changed, and as often as one likes.
    case markers(MarkerSnapshot)
    /// A signal meant for the container.
    case signal(Int32)
    case started(processID: Int32)
    /// The command cannot be run at all: what a shell exits with, and why.
    case notStarted(code: Int32, message: String)
    /// The command has printed something.
    case output
    /// Whoever takes our own output does (not) keep up. The command is not to blame for its silence then.
    case blocked(Bool)
    /// Both of the command's streams are closed and read to their end.
    case streamsEnded
    /// `memoryRanOut`: the kernel has killed a process of the container for want of memory since the command began.
    case ended(CommandEnd, memoryRanOut: Bool = false)
    /// The time in `RunMachine.deadline` has come.
    case timer
}
