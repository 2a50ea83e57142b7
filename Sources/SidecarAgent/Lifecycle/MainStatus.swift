/// Main's container status as the API server tells it.
package enum MainStatus: Sendable, Equatable {
    case running
    /// `reason` in the kubelet's words (`Completed`, `Error`, `OOMKilled`); `final` when it will not be restarted.
    case terminated(exitCode: Int32, reason: String, final: Bool)
}

/// Where main's status comes from, when the pod may read itself.
package protocol MainStatusSource: Sendable {
    /// Tells changes of main's status until the task is cancelled; returns early where the pod may not be read.
    func follow(_ tell: @escaping @Sendable (MainStatus) -> Void) async
}
