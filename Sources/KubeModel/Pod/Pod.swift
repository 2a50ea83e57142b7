/// A pod, trimmed to what deciding about its containers needs. Everything else is dropped while decoding.
public struct Pod: Sendable, Equatable {
    public var metadata = ObjectMeta()
    public var spec = PodSpec()
    public var status = PodStatus()

    public init() {}
}

public struct PodSpec: Sendable, Equatable {
    public var containers: [Container] = []
    public var initContainers: [Container] = []
    /// `Always`, `OnFailure` or `Never`.
    public var restartPolicy = ""
    public var nodeName = ""
    public var hostNetwork = false
    public var hostPID = false
    public var shareProcessNamespace = false
    public var terminationGracePeriodSeconds: Int64?
    public var serviceAccountName = ""
    public var runtimeClassName = ""
    /// `linux` or `windows`; empty where nothing is said.
    public var operatingSystem = ""
    /// As it came, in the answer's encoding: only to be compared with others of the same.
    public var securityContext: [UInt8] = []
    /// Helpers that were added while it ran; they can never be taken away.
    public var ephemeralContainers: [Container] = []

    public init() {}
}

public struct PodStatus: Sendable, Equatable {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    public var phase = ""
    public var reason = ""
    public var conditions: [PodCondition] = []
    public var containerStatuses: [ContainerStatus] = []
    public var initContainerStatuses: [ContainerStatus] = []
    public var ephemeralContainerStatuses: [ContainerStatus] = []
    public var podIP = ""

    public init() {}
}

public struct PodCondition: Sendable, Equatable {
    public var type = ""
    /// `True`, `False` or `Unknown`.
    public var status = ""
    public var reason = ""

    public init() {}
}

/// A container of a pod's spec, trimmed.
public struct Container: Sendable, Equatable {
    public var name = ""
    public var image = ""
    public var command: [String] = []
    public var args: [String] = []
    /// Literal values; a variable taken from elsewhere has `nil`, because its value is not in the pod.
    public var env: [EnvironmentVariable] = []
    /// `Always` for a native sidecar among the init containers; a main container's own policy since 1.34.
    public var restartPolicy: String?
    public var restartPolicyRules: [RestartPolicyRule] = []
    public var hasPreStop = false
    public var workingDir = ""
    /// `Always`, `IfNotPresent` or `Never`.
    public var imagePullPolicy = ""
    /// As it came, in the answer's encoding: only to be compared with others of the same.
    public var securityContext: [UInt8] = []
    /// Where volumes lie in it.
    public var mountPaths: [String] = []
    /// What it asks for, as quantities; empty where it asks for nothing.
    public var cpuRequest = ""
    public var memoryRequest = ""

    public init() {}
}

public struct EnvironmentVariable: Sendable, Equatable {
    public var name = ""
    public var value: String?

    public init() {}
}

/// A rule of `restartPolicyRules` (KEP-5307): when the container's exit code matches, its action applies.
public struct RestartPolicyRule: Sendable, Equatable {
    /// `Restart` or `RestartAllContainers`.
    public var action = ""
    /// `In` or `NotIn`; empty where the rule has no exit codes.
    public var exitCodeOperator = ""
    public var exitCodes: [Int32] = []

    public init() {}
}

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
    /// The image by its content; empty before it was pulled.
    public var imageID = ""

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
