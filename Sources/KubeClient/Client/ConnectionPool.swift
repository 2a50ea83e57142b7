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

    private let access: ClusterAccess
    private let userAgent: String
    private let state = Mutex(State())

    init(_ access: ClusterAccess, userAgent: String) {
        self.access = access
        self.userAgent = userAgent
    }

    /// `nil` once closed.
    func client(for credential: Credential) -> HTTPClient? {
        state.withLock { state in
            guard !state.isClosed else { return nil }
            if let client = state.client, state.identity == credential.identity { return client }
            let client = HTTPClient(
                HTTPClientConfiguration(tls: access.tls(for: credential), proxy: access.proxy, userAgent: userAgent))
            state.client = client
            state.identity = credential.identity
            return client
        }
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
