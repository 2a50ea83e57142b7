internal import HTTPTransport
internal import Synchronization

/// The HTTP client for the identity in use. A new client certificate means new connections: the old client goes when the
/// last stream on it ends.
final class ConnectionPool: Sendable {
    private struct State {
        var identity: ClientIdentity?
        var client: HTTPClient?
        var isClosed = false
    }

    /// In which a peer that is there acknowledges.
    private static let silentPeer = Duration.seconds(30)
    /// Most watches and logs that are followed at once.
    private static let streams = 64

    private let access: ClusterAccess
    private let userAgent: String
    /// Most requests under way at once, streams not counted.
    private let concurrency: Int
    private let state = Mutex(State())

    init(_ access: ClusterAccess, userAgent: String, concurrency: Int) {
        self.access = access
        self.userAgent = userAgent
        self.concurrency = concurrency
    }

    /// `nil` once closed.
    func client(for credential: Credential) -> HTTPClient? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            if let client = state.client, state.identity == credential.identity { return client }
            let connections = concurrency + Self.streams
            let client = HTTPClient(
                HTTPClientConfiguration(
                    tls: access.tls(for: credential), proxy: access.route, userAgent: userAgent,
                    maximumConnections: connections, maximumConnectionsPerHost: connections,
                    silentPeer: Self.silentPeer))
            state.client = client
            state.identity = credential.identity
            return client
        }
    }

    /// The next request connects anew: all share one connection, and this one may lead to a server that is gone, behind
    /// a proxy or balancer that is not.
    func retire(_ client: HTTPClient) {
        state.withLock { if $0.client === client { $0.client = nil } }
    }

    func close() async {
        let client = state.withLock { state in
            state.isClosed = true
            defer { state.client = nil }
            return state.client
        }
        await client?.shutdown()
    }
}
