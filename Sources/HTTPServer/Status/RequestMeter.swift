internal import NIOCore

/// Stands before the decoder and counts what a caller sends before its request is whole, because a decoder alone would
/// gather an endless request line.
final class RequestMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    struct TooLarge: Error {}

    private let limit: Int
    private var count = 0
    private var isOver = false

    init(limit: Int) {
        self.limit = limit
    }

    /// The request is whole: the next one starts at nothing.
    func reset() { count = 0 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        count += unwrapInboundIn(data).readableBytes
        guard count > limit else { return context.fireChannelRead(data) }
        isOver = true
        context.fireErrorCaught(TooLarge())
    }
}
