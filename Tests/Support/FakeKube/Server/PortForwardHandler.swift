import NIOCore
import NIOPosix
import NIOWebSocket

/// A port-forward's WebSocket: channel 2i carries the data of port i, 2i+1 its errors. Both begin with the port's number
/// in two bytes.
final class PortForwardHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let ports: [(port: Int, local: Int?)]
    private var backends: [Int: any Channel] = [:]
    /// What came in before the connection to the port was made.
    private var early: [Int: ByteBuffer] = [:]
    private var open: Set<Int> = []
    private var frames = WebSocketFrames()

    init(_ ports: [(port: Int, local: Int?)]) { self.ports = ports }

    func handlerAdded(context: ChannelHandlerContext) {
        for (index, (port, local)) in ports.enumerated() {
            let number = [UInt8(truncatingIfNeeded: port), UInt8(truncatingIfNeeded: port >> 8)]
            for channel in [2 * index, 2 * index + 1] { frames.send([UInt8(channel)] + number, context) }
            open.insert(index)
            connect(index, port, local, context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let message = frames.message(unwrapInboundIn(data), context), let channel = message.first else { return }
        let index = Int(channel) / 2
        guard channel % 2 == 0, open.contains(index) else { return }
        let bytes = ByteBuffer(bytes: message.dropFirst())
        if let backend = backends[index] {
            backend.writeAndFlush(bytes, promise: nil)
        } else {
            early[index, default: ByteBuffer()].writeImmutableBuffer(bytes)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        for backend in backends.values { backend.close(promise: nil) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func connect(_ index: Int, _ port: Int, _ local: Int?, _ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        guard let local else { return fail(index, port, context) }
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        BackendHandler { bytes in
                            let (handler, context) = bound.value
                            guard let bytes else { return handler.end(index, context) }
                            handler.frames.send([UInt8(2 * index)] + Array(bytes.readableBytesView), context)
                        })
                }
            }
            .connect(host: "127.0.0.1", port: local)
            .whenComplete { result in
                let (handler, context) = bound.value
                switch result {
                case .success(let channel): handler.connected(index, channel)
                case .failure: handler.fail(index, port, context)
                }
            }
    }

    private func connected(_ index: Int, _ channel: any Channel) {
        backends[index] = channel
        if let bytes = early.removeValue(forKey: index) { channel.writeAndFlush(bytes, promise: nil) }
    }

    private func fail(_ index: Int, _ port: Int, _ context: ChannelHandlerContext) {
        let message =
            "an error occurred forwarding \(port) -> \(port): error forwarding port \(port) to pod: failed to connect to"
            + " localhost:\(port) inside namespace: dial tcp4 127.0.0.1:\(port): connect: connection refused"
        frames.send([UInt8(2 * index + 1)] + Array(message.utf8), context)
        end(index, context)
    }

    /// The connection closes with the last of its ports.
    private func end(_ index: Int, _ context: ChannelHandlerContext) {
        open.remove(index)
        backends[index] = nil
        if open.isEmpty { frames.close(context) }
    }
}

/// The other side: hands on what a port says, and `nil` at its end.
private final class BackendHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let receive: (ByteBuffer?) -> Void

    init(_ receive: @escaping (ByteBuffer?) -> Void) { self.receive = receive }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { receive(unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) { receive(nil) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
