internal import NIOCore
internal import NIOHTTP1

/// Stands behind the HTTP codecs and closes a connection whose next event is overdue: callers that connect and say
/// nothing, send a byte a minute, or never take their answer.
final class ExchangeDeadline: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: WebhookLimits
    /// How long deciding may take; somebody else sees to that it does not.
    private let thinking: Duration
    private var deadline: Scheduled<Void>?

    init(limits: WebhookLimits, thinking: Duration) {
        self.limits = limits
        self.thinking = thinking
    }

    func channelActive(context: ChannelHandlerContext) {
        expect(within: limits.exchange, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: expect(within: limits.exchange, context)
        case .body: break
        case .end: expect(within: thinking + limits.exchange, context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let written = promise ?? context.eventLoop.makePromise()
        written.futureResult.whenSuccess {
            let (handler, context) = bound.value
            handler.expect(within: handler.limits.idle, context)
        }
        context.write(data, promise: written)
    }

    private func expect(within time: Duration, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(time)) { bound.value.close(promise: nil) }
    }
}
