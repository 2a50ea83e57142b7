internal import NIOCore
internal import NIOHTTP1

/// Stands before the HTTP decoder and counts what comes before a request's head is whole, because a decoder alone would
/// gather an endless one.
final class HeadMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: Int
    private var count = 0

    init(limit: Int) { self.limit = limit }

    /// What comes now is the body, which is counted where it is gathered, until the next request.
    func headIsWhole() { count = .min }
    func requestIsWhole() { count = 0 }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard count >= 0 else { return context.fireChannelRead(data) }
        count += unwrapInboundIn(data).readableBytes
        // One read may bring a head and much of its body.
        context.fireChannelRead(data)
        if count > limit { context.close(promise: nil) }
    }
}

/// Stands behind the decoder and tells the meter where a head and a request end.
final class HeadMark: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private let meter: HeadMeter

    init(_ meter: HeadMeter) { self.meter = meter }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: meter.headIsWhole()
        case .body: break
        case .end: meter.requestIsWhole()
        }
        context.fireChannelRead(data)
    }
}
