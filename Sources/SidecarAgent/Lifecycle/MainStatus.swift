/// Main's container status as the API server tells it.
public enum MainStatus: Sendable, Equatable {
    case running
    /// `reason` in the kubelet's words (`Completed`, `Error`, `OOMKilled`); `final` when it will not be restarted.
    case terminated(exitCode: Int32, reason: String, final: Bool)
}

/// Where main's status comes from, when the pod may read itself.
public protocol MainStatusSource: Sendable {
    /// Changes of main's status until cancelled; ends early where the pod may not be read.
    func statuses() -> AsyncStream<MainStatus>
}
