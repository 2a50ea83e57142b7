import CLinux
package import WorkdirProtocol

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
    /// Whether an agent lives on the volume; told as often as one likes.
    case agent(isPresent: Bool)
    /// Whether the markers are as they were last asked for: a full volume takes none.
    case markersWritten(Bool)
    /// Whether the folder that the markers lie in is in the workdir; told as often as one likes. An agent that holds one
    /// which was deleted sees no marker that is written.
    case folder(isPresent: Bool)
    /// The time in `RunMachine.deadline` has come.
    case timer
}

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

/// The markers that concern a run, as they lie in the workdir at one moment.
package struct MarkerSnapshot: Sendable, Equatable {
    /// The inputs of the current epoch are in place.
    package var isReady: Bool
    package var isHealthy: Bool
    package var epoch: String
    package var failed: TryVerdict?
    package var stored: TryVerdict?

    package init(
        isReady: Bool = false, isHealthy: Bool = true, epoch: String = "", failed: TryVerdict? = nil,
        stored: TryVerdict? = nil
    ) {
        self.isReady = isReady
        self.isHealthy = isHealthy
        self.epoch = epoch
        self.failed = failed
        self.stored = stored
    }

    /// Whether a `ready` with this content, if there is one, is of the epoch: it says so in its first line, or says
    /// nothing, or no epoch is known. One that an earlier agent left on the volume must not start the command.
    package static func isReady(marker: [UInt8]?, epoch: [UInt8]?) -> Bool {
        guard let marker else { return false }
        let claim = firstLine(marker)
        guard let epoch, !claim.isEmpty else { return true }
        return claim.elementsEqual(firstLine(epoch))
    }

    static func firstLine(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.prefix { $0 != UInt8(ascii: "\n") }
    }
}

/// How the command's process ended.
package enum CommandEnd: Sendable, Equatable {
    case exited(Int32)
    case signaled(Int32)

    /// What a shell would say: the exit code, or 128 and the signal's number.
    package var code: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): Self.code(of: signal)
        }
    }

    static func code(of signal: Int32) -> Int32 { 128 + signal }

    /// From the status of wait(2).
    package init(waitStatus status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited((status >> 8) & 0xFF) : .signaled(signal)
    }
}

/// Signals by what they mean to a run.
enum RunSignal {
    static let terminate = SIGTERM
    static let kill = SIGKILL

    /// Signals that ask a program to end.
    static func ends(_ signal: Int32) -> Bool {
        signal == SIGTERM || signal == SIGINT || signal == SIGQUIT
    }

    /// Signals that are not the command's: those that mean a defect of our own, news of children, broken pipes, which
    /// writing reports better, and the terminal's to a background process.
    static let own: [Int32] = [
        SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGCHLD, SIGPIPE, SIGTTIN, SIGTTOU,
    ]
}
