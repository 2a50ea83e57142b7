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

    public init() {}
}

public struct PodStatus: Sendable, Equatable {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    public var phase = ""
    public var reason = ""
    public var conditions: [PodCondition] = []
    public var containerStatuses: [ContainerStatus] = []
    public var initContainerStatuses: [ContainerStatus] = []
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
