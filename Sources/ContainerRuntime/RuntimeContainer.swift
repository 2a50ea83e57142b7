/// A container as the runtime knows it, trimmed.
public struct RuntimeContainer: Sendable, Equatable {
    /// CRI's `ContainerState`, by number.
    public enum State: Int, Sendable {
        case created, running, exited, unknown
    }

    public var id: String
    public var state: State
    /// Which pod and which of its containers this is, by the labels that the kubelet gave it; `nil` where it gave none.
    public var podUID: String?
    public var name: String?
    /// Meaningful once it has exited.
    public var exitCode: Int32

    public init(id: String, state: State, podUID: String? = nil, name: String? = nil, exitCode: Int32 = 0) {
        self.id = id
        self.state = state
        self.podUID = podUID
        self.name = name
        self.exitCode = exitCode
    }
}
