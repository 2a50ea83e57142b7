/// The reasons a report can give that are not the kubelet's own (`Error`, `OOMKilled`).
public enum FailureReason {
    /// Main's program exited with a code other than 0.
    public static let error = "Error"
    /// Main's program was ended by a signal.
    public static let signal = "Signal"
    /// Main is gone without `done`: killed with its entrypoint, most often for want of memory.
    public static let mainGone = "MainGone"
    public static let nodeRebooted = "NodeRebooted"
    /// The configuration is wrong.
    public static let configuration = "ConfigurationInvalid"
    /// The volume cannot be used.
    public static let volume = "VolumeUnusable"
    /// SIGTERM came before the inputs were in place.
    public static let cancelled = "Cancelled"
    /// The grace period ended before main did, or before its outputs were stored.
    public static let deadlineExceeded = "DeadlineExceeded"
}
