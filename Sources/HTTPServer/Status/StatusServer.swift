internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// A small HTTP/1.1 server for probes and metrics: read-only, one thread, bounded in everything a caller can ask for.
package final class StatusServer: Sendable {
    /// The port in use, also where 0 was asked for.
    package let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let connections: ConnectionRegistry
    private let limits: StatusServerLimits
    private let isStopped = Atomic(false)

    /// Listens on all addresses, or on `host`.
    ///
    /// - Parameter answer: called on the server's thread for each GET and HEAD; must be quick.
    /// - Throws: `StatusServerError` where the port is taken or not permitted.
    package static func start(
        host: String? = nil, port: Int, limits: StatusServerLimits = .init(),
        answer: @escaping @Sendable (StatusRequest) -> StatusResponse
    ) async throws(StatusServerError) -> StatusServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = ConnectionRegistry(limit: limits.connections)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                guard connections.admit(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try configure(channel.pipeline.syncOperations, limits, answer)
                }
            }
        do {
            let listener = try await bind(bootstrap, host: host, port: port)
            return StatusServer(group, listener, port: listener.localAddress?.port ?? port, connections, limits)
        } catch {
            try? await group.shutdownGracefully()
            let code = (error as? IOError)?.errnoCode
            throw StatusServerError(port: port, reason: code.map { String(cString: strerror($0)) } ?? "\(error)")
        }
    }

    private init(
        _ group: MultiThreadedEventLoopGroup, _ listener: any Channel, port: Int, _ connections: ConnectionRegistry,
        _ limits: StatusServerLimits
    ) {
        self.group = group
        self.listener = listener
        self.port = port
        self.connections = connections
        self.limits = limits
    }

    /// Listens no longer, lets running answers leave and ends its thread. A second call does nothing.
    package func stop() async {
        // A loop that has ended answers no more, not even to a close.
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        try? await listener.close()
        await connections.drain(within: limits.stop)
        try? await group.shutdownGracefully()
    }

    /// All IPv6 and IPv4 addresses at once, or IPv4 alone where the kernel has no IPv6.
    private static func bind(_ bootstrap: ServerBootstrap, host: String?, port: Int) async throws -> any Channel {
        if let host { return try await bootstrap.bind(host: host, port: port).get() }
        do {
            return try await bootstrap.bind(host: "::", port: port).get()
        } catch let error as IOError where error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL {
            return try await bootstrap.bind(host: "0.0.0.0", port: port).get()
        }
    }

    private static func configure(
        _ pipeline: ChannelPipeline.SynchronousOperations, _ limits: StatusServerLimits,
        _ answer: @escaping @Sendable (StatusRequest) -> StatusResponse
    ) throws {
        let meter = RequestMeter(limit: limits.requestBytes)
        try pipeline.addHandlers([
            meter,
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
            HTTPResponseEncoder(),
            StatusConnection(meter: meter, limits: limits, answer: answer),
        ])
    }
}
