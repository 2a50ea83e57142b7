/// What the kubelet says of one container, trimmed.
public struct ContainerStatus: Sendable, Equatable {
    public var name = ""
    public var state = ContainerState.unknown
    public var lastTermination: Termination?
    public var restartCount: Int32 = 0
    /// The image that runs, which may be older than the spec's while a swap is under way.
    public var image = ""
    /// `containerd://…`; empty before the container was created.
    public var containerID = ""
    public var isStarted: Bool?

    public init() {}

    public struct Termination: Sendable, Equatable {
        public var exitCode: Int32 = 0
        public var signal: Int32 = 0
        public var reason = ""
        public var containerID = ""
        /// Seconds since 1970; 0 where it never ran.
        public var startedAt: Int64 = 0
        public var finishedAt: Int64 = 0

        public init() {}
    }
}

public enum ContainerState: Sendable, Equatable {
    /// No state was given: nothing is known, least of all that it ended.
    case unknown
    case waiting(reason: String)
    /// Since when, in seconds since 1970.
    case running(startedAt: Int64)
    case terminated(ContainerStatus.Termination)
}
