/// A container as the runtime knows it, trimmed.
package struct RuntimeContainer: Sendable, Equatable {
    /// CRI's `ContainerState`, by number.
    package enum State: Int, Sendable {
        case created, running, exited, unknown
    }

    package var id: String
    package var state: State
    /// Which pod and which of its containers this is, by the labels that the kubelet gave it; `nil` where it gave none.
    package var podUID: String?
    package var name: String?
    /// Meaningful once it has exited.
    package var exitCode: Int32

    package init(id: String, state: State, podUID: String? = nil, name: String? = nil, exitCode: Int32 = 0) {
        self.id = id
        self.state = state
        self.podUID = podUID
        self.name = name
        self.exitCode = exitCode
    }
}
