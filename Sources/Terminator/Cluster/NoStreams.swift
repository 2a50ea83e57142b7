public import KubeModel

/// For clusters into whose pods nobody may reach: rungs that would need it fail, and the next is tried.
public struct NoStreams: PodStreams {
    public init() {}

    public func ask(_ endpoint: QuitEndpoint, of pod: ObjectKey) async throws -> Int {
        throw CallFailure(message: "port-forward is not available")
    }

    public func run(_ command: [String], in container: String, of pod: ObjectKey) async throws -> Int32 {
        throw CallFailure(message: "exec is not available")
    }
}
