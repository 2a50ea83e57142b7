internal import HTTPTransport
package import KubeClient
package import KubeModel
package import PodRules

/// What reaches into a pod through the API server.
package protocol PodStreams: Sendable {
    /// Asks an endpoint on the pod's localhost.
    ///
    /// - Returns: the HTTP status; 0 where the sidecar left without an answer, or gave one that is not HTTP: it was asked,
    ///   and what counts is whether it ends.
    func ask(_ endpoint: QuitEndpoint, of pod: ObjectKey) async throws -> Int
    /// Runs a command in a container.
    ///
    /// - Returns: its exit code; 137, as for any process that is killed, where its container ended under it.
    func run(_ command: [String], in container: String, of pod: ObjectKey) async throws -> Int32
}

/// Reaches into pods over WebSockets to the API server.
package struct ClusterStreams: PodStreams {
    private let connections: PodConnections
    private let timeout: Duration

    /// - Parameters:
    ///   - client: whose budget they are part of.
    ///   - timeout: for a whole request or command: another rung waits.
    package init(_ client: KubeClient, timeout: Duration = .seconds(10)) {
        connections = client.podConnections
        self.timeout = timeout
    }

    package func ask(_ endpoint: QuitEndpoint, of pod: ObjectKey) async throws -> Int {
        let request = PortRequest(endpoint.method, endpoint.path, to: pod, port: endpoint.port)
        do {
            return try await connections.roundTrip(request, timeout: timeout).status
        } catch {
            guard error.isLostConnection || error.isUnreadableAnswer else { throw error }
            return 0
        }
    }

    package func run(_ command: [String], in container: String, of pod: ObjectKey) async throws -> Int32 {
        let command = ExecCommand(in: pod, container: container, command)
        do {
            return Int32(clamping: try await connections.exec(command, limit: 4 << 10, timeout: timeout).exitCode)
        } catch {
            guard error.isLostConnection else { throw error }
            return 137
        }
    }
}

extension KubeError {
    fileprivate var isLostConnection: Bool {
        if case .transport(let failure) = reason, case .connectionLost = failure.reason { true } else { false }
    }

    /// Something came that is no HTTP by the book (lines without a carriage return, say), or more than anybody wants.
    fileprivate var isUnreadableAnswer: Bool {
        switch reason {
        case .malformed: true
        case .transport(let failure): if case .tooLarge = failure.reason { true } else { false }
        case .status, .configuration, .credentials, .cancelled: false
        }
    }
}
