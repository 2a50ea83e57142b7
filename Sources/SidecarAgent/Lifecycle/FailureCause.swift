/// Why a step, or one try of its main container, did not succeed.
package struct FailureCause: Sendable, Equatable, Codable {
    /// Decides the terminal state.
    package enum Kind: String, Sendable, Codable {
        /// A non-zero exit, a missing input, a checksum mismatch, a failed upload: `ERROR`.
        case error
        /// A signal, out of memory, a deadline, an eviction, the entrypoint's watchdog: `KILLED`.
        case killed
    }

    var kind: Kind
    /// The container at fault.
    var container: StepContainer
    /// One word in CamelCase, as Kubernetes writes them: `OOMKilled`, `InputMissing`.
    var reason: String
    /// One clear sentence without secrets.
    var message: String
    /// Main's own code, or one of `ExitCode` where the agent failed.
    var exitCode: Int32?

    package init(
        _ kind: Kind, container: StepContainer, reason: String, message: String, exitCode: Int32? = nil
    ) {
        self.kind = kind
        self.container = container
        self.reason = reason
        self.message = message
        self.exitCode = exitCode
    }

    /// The terminal state this ends in.
    var state: String { kind == .killed ? StepState.killed : StepState.error }
}

/// The two containers of a step, as reports name them.
package enum StepContainer: String, Sendable, Codable {
    case main, agent
}

/// How a try of main, or the whole step, ended.
package enum StepOutcome: Sendable, Equatable, Codable {
    case success
    case failure(FailureCause)

    var cause: FailureCause? {
        switch self {
        case .success: nil
        case .failure(let cause): cause
        }
    }
}

/// The reasons a report can give that are not the kubelet's own (`Error`, `OOMKilled`).
package enum FailureReason {
    /// Main's program exited with a code other than 0.
    static let error = "Error"
    /// Main's program was ended by a signal.
    static let signal = "Signal"
    /// Main is gone without `done`: killed with its entrypoint, most often for want of memory.
    static let mainGone = "MainGone"
    /// Main is gone without `done`, and the volume has no room in which it could have said why.
    static let volumeFull = "VolumeFull"
    /// Nothing was ever seen of main: no marker, no process, no sample, no status, no output.
    static let mainNotSeen = "MainNotSeen"
    static let nodeRebooted = "NodeRebooted"
    /// The configuration is wrong.
    package static let configuration = "ConfigurationInvalid"
    /// The volume cannot be used.
    static let volume = "VolumeUnusable"
    /// SIGTERM came before the inputs were in place.
    static let cancelled = "Cancelled"
    /// The grace period ended before main did, or before its outputs were stored.
    static let deadlineExceeded = "DeadlineExceeded"
}
