import NIOCore
import NIOPosix
import Synchronization
package import TestSupport

/// The network between one client and a server: passes connections on until it is cut.
package final class Relay: KubeServer {
    private let server: any KubeServer
    private let listener: any Channel
    private let wires: Wires

    package var url: String { server.url.replacing(/:[0-9]+$/, with: ":\(listener.localAddress?.port ?? 0)") }
    package var authority: String? { server.authority }
    package var token: String { server.token }

    package init(to server: any KubeServer) async throws {
        guard let port = server.url.split(separator: ":").last.flatMap({ Int($0) }) else {
            throw ChannelError.unknownLocalAddress
        }
        self.server = server
        let wires = Wires()
        self.wires = wires
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { client in wires.connect(client, to: port) }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { listener.close(promise: nil) }

    /// Ends every connection, on both sides. New ones are taken.
    package func dropConnections() async { await wires.drop() }

    /// From now on nothing passes in either direction, and neither side is told when the other leaves.
    package func fallSilent() { wires.setSilent(true) }

    /// What was sent since it fell silent, by either side, as it came in.
    package var held: [UInt8] { wires.held }

    /// Lets everything pass again, also what was sent meanwhile.
    package func recover() { wires.setSilent(false) }
}

/// The connections of a relay.
private final class Wires: Sendable {
    private struct State {
        var isSilent = false
        var channels: [ObjectIdentifier: any Channel] = [:]
        var forwarders: [NIOLoopBound<Forwarder>] = []
        var held: [UInt8] = []
    }

    private let state = Mutex(State())

    var isSilent: Bool { state.withLock { $0.isSilent } }
    var held: [UInt8] { state.withLock { $0.held } }

    /// Whether these bytes are to wait.
    func holds(_ bytes: ByteBuffer) -> Bool {
        state.withLock { state in
            if state.isSilent { state.held += bytes.readableBytesView }
            return state.isSilent
        }
    }

    func connect(_ client: any Channel, to port: Int) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { server in
                try self.forward(from: client, to: server)
                try self.forward(from: server, to: client)
            }
    }

    private func forward(from channel: any Channel, to other: any Channel) throws {
        let forwarder = Forwarder(to: other, self)
        try channel.pipeline.syncOperations.addHandler(forwarder)
        let bound = NIOLoopBound(forwarder, eventLoop: channel.eventLoop)
        state.withLock { state in
            state.channels[ObjectIdentifier(channel)] = channel
            state.forwarders.append(bound)
        }
        channel.closeFuture.whenComplete { _ in
            _ = self.state.withLock { $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
        }
    }

    /// What was held back is lost.
    func drop() async {
        let channels = state.withLock { state in
            state.forwarders = []
            return Array(state.channels.values)
        }
        for channel in channels { try? await channel.close() }
    }

    func setSilent(_ isSilent: Bool) {
        let forwarders = state.withLock { state in
            state.isSilent = isSilent
            state.held = []
            return state.forwarders
        }
        guard !isSilent else { return }
        for forwarder in forwarders { forwarder.eventLoop.execute { forwarder.value.passOn() } }
    }
}

/// Gives what comes in on one connection to the other, and ends it with its own.
private final class Forwarder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private let wires: Wires
    private var held = ByteBuffer()
    private var hasEnded = false

    init(to other: any Channel, _ wires: Wires) {
        self.other = other
        self.wires = wires
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        held.writeImmutableBuffer(bytes)
        if !wires.holds(bytes) { passOn() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        if !wires.isSilent { passOn() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func passOn() {
        if held.readableBytes > 0 { other.writeAndFlush(held, promise: nil) }
        held.clear()
        if hasEnded { other.close(promise: nil) }
    }
}
