internal import HTTPTransport
public import KubeClient
public import KubeModel

/// Reaches into pods over WebSockets to the API server.
public struct ClusterStreams: PodStreams {
    private let connections: PodConnections
    /// For a whole request or command: another rung waits.
    private static let timeout = Duration.seconds(10)

    public init(_ access: ClusterAccess) {
        connections = PodConnections(access)
    }

    public func ask(_ endpoint: QuitEndpoint, of pod: ObjectKey) async throws -> Int {
        let request = PortRequest(endpoint.method, endpoint.path, to: pod, port: endpoint.port)
        do {
            return try await connections.roundTrip(request, timeout: Self.timeout).status
        } catch {
            if case .transport(let failure) = error.reason, case .connectionLost = failure.reason { return 0 }
            throw error
        }
    }

    public func run(_ command: [String], in container: String, of pod: ObjectKey) async throws -> Int32 {
        let command = ExecCommand(in: pod, container: container, command)
        return Int32(clamping: try await connections.exec(command, limit: 4 << 10, timeout: Self.timeout).exitCode)
    }
}
