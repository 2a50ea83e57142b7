internal import Basics
internal import HTTPTransport
internal import KubeModel
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Opens WebSockets to an API server: through its proxy, with its trust, as its user.
struct WebSocketDialer: Sendable {
    let access: ClusterAccess
    let userAgent: String
    let environment: [String: String]

    /// - Parameter configure: called on the connection's loop once the server has agreed, with the subprotocol it chose;
    ///   adds handlers of frames.
    /// - Throws: `.status` where the server refuses, in its own words.
    func open<Stream: Sendable>(
        _ target: PodStreamTarget, _ configure: @escaping @Sendable (any Channel, String) throws -> Stream
    ) async throws(KubeError) -> Stream {
        let credential = try await access.credential()
        do {
            return try await open(target, as: credential, configure)
        } catch {
            guard error.status?.code == 401 else { throw error }
            access.credentials.reject(credential)
            let renewed = try await access.credential()
            guard renewed != credential else { throw error }
            return try await open(target, as: renewed, configure)
        }
    }

    private func open<Stream: Sendable>(
        _ target: PodStreamTarget, as credential: Credential,
        _ configure: @escaping @Sendable (any Channel, String) throws -> Stream
    ) async throws(KubeError) -> Stream {
        let connection = DialedConnection()
        do {
            return try await withTaskCancellationHandler {
                try await connect(target, credential, connection, configure).get()
            } onCancel: {
                connection.close()
            }
        } catch {
            connection.close()
            throw StreamFailure.kubeError(Task.isCancelled ? CancellationError() : error, attempted: target.attempted)
        }
    }

    private func connect<Stream: Sendable>(
        _ target: PodStreamTarget, _ credential: Credential, _ connection: DialedConnection,
        _ configure: @escaping @Sendable (any Channel, String) throws -> Stream
    ) async throws -> EventLoopFuture<Stream> {
        let proxy = try ProxyRoute(access.route, to: access.server, environment: environment).proxy
        let key = WebSocketKey()
        let request = try opening(target, credential, key)
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .connect(host: proxy?.host ?? access.server.host, port: proxy?.port ?? access.server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connection.hold(channel) else { throw CancellationError() }
                    let operations = channel.pipeline.syncOperations
                    if let proxy {
                        let authorization = proxy.userInfo.map {
                            "Basic \(Base64.encode(PercentEncoding.bytes(decoding: $0)))"
                        }
                        try operations.addHandler(
                            ProxyTunnelHandler(target: access.server.authority, authorization: authorization))
                    }
                    if access.server.isSecure {
                        try operations.addHandlers(StreamTLS.handlers(for: access, credential))
                    }
                    let promise = channel.eventLoop.makePromise(of: Stream.self)
                    try operations.addHandler(
                        WebSocketHandshakeHandler(
                            request: request, key: key, subprotocols: target.subprotocols, promise: promise,
                            configure: configure))
                    return promise.futureResult
                }
            }
    }

    private func opening(
        _ target: PodStreamTarget, _ credential: Credential, _ key: WebSocketKey
    ) throws -> [UInt8] {
        var fields = [
            (name: "Host", value: access.server.authority), (name: "User-Agent", value: userAgent),
            (name: "Connection", value: "Upgrade"), (name: "Upgrade", value: "websocket"),
            (name: "Sec-WebSocket-Version", value: "13"), (name: "Sec-WebSocket-Key", value: key.text),
            (name: "Sec-WebSocket-Protocol", value: target.subprotocols.joined(separator: ", ")),
        ]
        fields += access.headers(for: credential).fields
        // A line feed in a token or a user's name would begin another field.
        let isClean = fields.allSatisfy { field in
            (field.name + field.value).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        }
        guard isClean else { throw StreamFailure.unsendable }
        let lines = fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        return Array("GET \(target.uri(below: access.server.path)) HTTP/1.1\r\n\(lines)\r\n".utf8)
    }
}

/// A subresource of a pod that is talked to over a WebSocket.
struct PodStreamTarget: Sendable {
    var namespace: String
    var path: String
    var query: [(name: String, value: String)]
    /// In order of preference.
    var subprotocols: [String]

    init(_ pod: ObjectKey, _ subresource: String, query: [(name: String, value: String)], subprotocols: [String]) {
        namespace = pod.namespace
        path = APIResource.pods.path(pod, subresource)
        self.query = query
        self.subprotocols = subprotocols
    }

    var attempted: String { "GET \(path)" }

    /// As it stands in the request line.
    func uri(below prefix: String) -> String { prefix + path + APIRequest.encoded(query) }
}

/// A connection that is being made, so that it can be given up at any moment.
final class DialedConnection: Sendable {
    private struct State {
        var channel: (any Channel)?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// - Returns: whether it is still wanted.
    func hold(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.channel = channel
            return !state.isClosed
        }
    }

    func close() {
        let channel = state.withLock { state in
            state.isClosed = true
            return state.channel
        }
        channel?.close(promise: nil)
    }
}
