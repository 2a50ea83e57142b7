/// Values of `TryRecord.reason` that the entrypoint writes.
public enum EndReason {
    /// The command printed nothing for longer than allowed and was ended.
    public static let noOutput = "NoOutput"
    /// The container was asked to stop before the command began.
    public static let cancelled = "Cancelled"
    /// The inputs could not be provided: the agent's verdict.
    public static let initializationFailed = "InitializationFailed"
    /// The command could not be started: not found, not executable.
    public static let notStarted = "NotStarted"
    /// The kernel killed the command for want of memory; the kubelet's word for it.
    public static let oomKilled = "OOMKilled"
}
