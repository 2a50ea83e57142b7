/// Values of `TryRecord.reason` that the entrypoint writes.
package enum EndReason {
    /// The command printed nothing for longer than allowed and was ended.
    package static let noOutput = "NoOutput"
    /// The container was asked to stop before the command began.
    package static let cancelled = "Cancelled"
    /// The inputs could not be provided: the agent's verdict.
    package static let initializationFailed = "InitializationFailed"
    /// The command could not be started: not found, not executable.
    package static let notStarted = "NotStarted"
    /// The kernel killed the command for want of memory; the kubelet's word for it.
    package static let oomKilled = "OOMKilled"
}
