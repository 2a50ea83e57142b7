import NIOCore
import NIOPosix
import Synchronization
public import TestSupport

/// The network between one client and a server: passes connections on until it is cut.
public final class Relay: KubeServer {
    private struct State {
        var isSilent = false
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    private let server: any KubeServer
    private let listener: any Channel
    private let state: Box

    public var url: String { server.url.replacing(/:[0-9]+$/, with: ":\(listener.localAddress?.port ?? 0)") }
    public var authority: String? { server.authority }
    public var token: String { server.token }

    public init(to server: any KubeServer) async throws {
        guard let port = server.url.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw ChannelError.unknownLocalAddress
        }
        self.server = server
        let state = Box()
        self.state = state
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in Self.connect(client, to: port, state) }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { listener.close(promise: nil) }

    /// Resets every connection. New ones are taken.
    public func dropConnections() async {
        for channel in state.open { try? await channel.close() }
    }

    /// From now on nothing passes in either direction, and neither side is told.
    public func fallSilent() { state.setSilent(true) }

    /// Lets everything pass again, also what was sent meanwhile.
    public func recover() { state.setSilent(false) }

    private static func connect(_ client: any Channel, to port: Int, _ state: Box) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { server in
                try client.pipeline.syncOperations.addHandler(Forwarder(to: server))
                try server.pipeline.syncOperations.addHandler(Forwarder(to: client))
                for channel in [client, server] { state.add(channel) }
            }
    }

    /// What connections and their relay share.
    private final class Box: Sendable {
        private let state = Mutex(State())

        var open: [any Channel] { state.withLock { Array($0.channels.values) } }

        func add(_ channel: any Channel) {
            let isSilent = state.withLock { state in
                state.channels[ObjectIdentifier(channel)] = channel
                return state.isSilent
            }
            channel.closeFuture.whenComplete { _ in
                _ = self.state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
            if !isSilent { channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) } }
        }

        func setSilent(_ isSilent: Bool) {
            let channels = state.withLock { state in
                state.isSilent = isSilent
                return Array(state.channels.values)
            }
            for channel in channels { channel.setOption(.autoRead, value: !isSilent).whenFailure { _ in } }
        }
    }
}

/// Gives what comes in on one connection to the other, and ends it with its own.
private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
