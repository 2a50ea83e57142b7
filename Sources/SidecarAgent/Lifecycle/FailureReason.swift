/// The reasons a report can give that are not the kubelet's own (`Error`, `OOMKilled`).
package enum FailureReason {
    /// Main's program exited with a code other than 0.
    package static let error = "Error"
    /// Main's program was ended by a signal.
    package static let signal = "Signal"
    /// Main is gone without `done`: killed with its entrypoint, most often for want of memory.
    package static let mainGone = "MainGone"
    package static let nodeRebooted = "NodeRebooted"
    /// The configuration is wrong.
    package static let configuration = "ConfigurationInvalid"
    /// The volume cannot be used.
    package static let volume = "VolumeUnusable"
    /// SIGTERM came before the inputs were in place.
    package static let cancelled = "Cancelled"
    /// The grace period ended before main did, or before its outputs were stored.
    package static let deadlineExceeded = "DeadlineExceeded"
}
