internal import NIOCore
internal import NIOWebSocket

/// The connection to one port of a pod inside a WebSocket: channel 0 carries its bytes, channel 1 an error. Both begin
/// with the port's number in two bytes.
///
/// For the handlers behind it the connection begins when the other end has said the number.
final class PortTunnelHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    /// What the node says went wrong.
    struct Failed: Error {
        var words: String
    }

    private static let data: UInt8 = 0
    private static let failure: UInt8 = 1
    private static let largestFailure = 4 << 10

    private var frames = ChannelFrames()
    /// Bytes of the port's number that are still to come, by channel.
    private var numberBytes = [2, 2]
    private var failure = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(ChannelFrames.Broken) {
            switch try frames.receive(unwrapInboundIn(data)) {
            case .data(let channel, let bytes): receive(channel, bytes, context)
            case .pong(let data):
                let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: data)
                context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
            case .end: context.close(promise: nil)
            case .nothing: break
            }
        } catch {
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fireFailure(context)
        context.fireChannelInactive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = ChannelFrames.frame(Self.data, unwrapOutboundIn(data).readableBytesView)
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    private func receive(_ channel: UInt8, _ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard channel == Self.data || channel == Self.failure else { return }
        var bytes = bytes
        let number = min(numberBytes[Int(channel)], bytes.readableBytes)
        bytes.moveReaderIndex(forwardBy: number)
        numberBytes[Int(channel)] -= number
        if channel == Self.data {
            if number > 0, numberBytes[Int(channel)] == 0 { context.fireChannelActive() }
            if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
        } else if bytes.readableBytes > 0 {
            failure.writeImmutableBuffer(bytes)
            // The server may leave the connection open after an error.
            fireFailure(context)
            context.close(promise: nil)
        }
    }

    private func fireFailure(_ context: ChannelHandlerContext) {
        guard failure.readableBytes > 0 else { return }
        let words = String(decoding: failure.readableBytesView.prefix(Self.largestFailure), as: UTF8.self)
        failure.clear()
        context.fireErrorCaught(Failed(words: words))
    }
}
