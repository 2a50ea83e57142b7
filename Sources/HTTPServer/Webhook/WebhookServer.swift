internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import NIOSSL
internal import Synchronization
internal import Telemetry

/// An HTTPS/1.1 server for the API server alone: TLS from 1.2 on, bounded in everything that a caller can ask for.
package final class WebhookServer: Sendable {
    /// The port in use, also where 0 was asked for.
    package let port: Int
    private let listener: NIOAsyncChannel<WebhookConnection.Exchange, Never>
    private let limits: WebhookLimits
    private let isLeaving = Atomic(false)

    /// Listens on all addresses; `run` serves.
    ///
    /// - Parameters:
    ///   - context: what is shown to callers now; connections that come while there is none are closed.
    ///   - thinking: the longest that an answer may take.
    package static func bind(
        port: Int, context: @escaping @Sendable () -> NIOSSLContext?, limits: WebhookLimits = .init(),
        thinking: Duration
    ) async throws(StatusServerError) -> WebhookServer {
        let open = OpenConnections(limit: limits.connections)
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        let configure: @Sendable (any Channel) -> EventLoopFuture<WebhookConnection.Exchange> = { channel in
            channel.eventLoop.makeCompletedFuture {
                guard let context = context(), open.admit(channel) else {
                    channel.close(promise: nil)
                    throw ChannelError.ioOnClosedChannel
                }
                return try pipeline(channel, context, limits, thinking)
            }
        }
        do {
            let listener: NIOAsyncChannel<WebhookConnection.Exchange, Never>
            do {
                // All IPv6 and IPv4 addresses at once, or IPv4 alone where the kernel has no IPv6.
                listener = try await bootstrap.bind(host: "::", port: port, childChannelInitializer: configure)
            } catch let error as IOError where error.errnoCode == EAFNOSUPPORT || error.errnoCode == EADDRNOTAVAIL {
                listener = try await bootstrap.bind(host: "0.0.0.0", port: port, childChannelInitializer: configure)
            }
            return WebhookServer(listener, port: listener.channel.localAddress?.port ?? port, limits)
        } catch {
            let code = (error as? IOError)?.errnoCode
            throw StatusServerError(port: port, reason: code.map { String(cString: strerror($0)) } ?? "\(error)")
        }
    }

    private init(
        _ listener: NIOAsyncChannel<WebhookConnection.Exchange, Never>, port: Int, _ limits: WebhookLimits
    ) {
        self.listener = listener
        self.port = port
        self.limits = limits
    }

    /// Serves until the task is cancelled, which closes all connections.
    ///
    /// - Parameter answer: may be called many times at once.
    package func run(_ answer: @escaping @Sendable (WebhookRequest) async -> WebhookResponse) async {
        let connection = WebhookConnection(
            limits: limits, budget: ByteBudget(limits.bodies), isLeaving: { self.isLeaving.load(ordering: .relaxed) },
            answer: answer)
        // The listener only throws when it is closed.
        try? await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { incoming in
                for try await channel in incoming { group.addTask { await connection.serve(channel) } }
            }
        }
    }

    /// Before a stop: callers are still answered for a while, each for the last time on its connection, because the
    /// cluster goes on calling until it has learnt that we are gone.
    package func farewell() async {
        isLeaving.store(true, ordering: .relaxed)
        try? await Task.sleep(for: limits.farewell)
    }

    private static func pipeline(
        _ channel: any Channel, _ context: NIOSSLContext, _ limits: WebhookLimits, _ thinking: Duration
    ) throws -> WebhookConnection.Exchange {
        let meter = HeadMeter(limit: limits.head)
        try channel.pipeline.syncOperations.addHandlers([
            NIOSSLServerHandler(context: context), meter,
            ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)), HTTPResponseEncoder(),
            HeadMark(meter), ExchangeDeadline(limits: limits, thinking: thinking),
        ])
        return try WebhookConnection.Exchange(wrappingChannelSynchronously: channel)
    }
}
