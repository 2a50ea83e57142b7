public import KubeModel

/// A command to be run in a container that runs.
public struct ExecCommand: Sendable, Equatable {
    public var pod: ObjectKey
    /// `nil` for the pod's default container.
    public var container: String?
    /// The program and its arguments; no shell is involved.
    public var arguments: [String]

    public init(in pod: ObjectKey, container: String? = nil, _ arguments: [String]) {
        self.pod = pod
        self.container = container
        self.arguments = arguments
    }

    /// v5 can close standard input; v4 is older, and cannot.
    static let subprotocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]

    func target(hasInput: Bool) -> PodStreamTarget {
        var query = arguments.map { (name: "command", value: $0) }
        if let container { query.append((name: "container", value: container)) }
        if hasInput { query.append((name: "stdin", value: "true")) }
        query += [(name: "stdout", value: "true"), (name: "stderr", value: "true")]
        return PodStreamTarget(pod, "exec", query: query, subprotocols: Self.subprotocols)
    }
}
