internal import NIOCore
internal import NIOHTTP1

/// One caller: answers its requests one after the other and never waits for it longer than the limits say.
final class StatusConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Fired when the server stops: ends the connection after the answer on its way.
    struct Stop: Sendable {}

    private let meter: RequestMeter
    private let limits: StatusServerLimits
    private let answer: @Sendable (StatusRequest) -> StatusResponse
    private var head: HTTPRequestHead?
    private var deadline: Scheduled<Void>?
    /// An answer has not left yet.
    private var isAnswering = false
    /// No further request is read.
    private var isEnding = false
    /// The caller may still be sending: closing at once would reset the connection before it has read the answer.
    private var isLingering = false

    private static let linger = Duration.seconds(2)

    init(
        meter: RequestMeter, limits: StatusServerLimits, answer: @escaping @Sendable (StatusRequest) -> StatusResponse
    ) {
        self.meter = meter
        self.limits = limits
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        expect(within: limits.request, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            meter.reset()
            guard let head, !isEnding else { return }
            self.head = nil
            // A caller that sends on and on without reading gets no more; answers would pile up.
            if isAnswering { isEnding = true } else { respond(to: head, context) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is Stop else { return context.fireUserInboundEventTriggered(event) }
        isEnding = true
        if !isAnswering { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isEnding else { return }
        isEnding = true
        isLingering = true
        switch error {
        case is RequestMeter.TooLarge, HTTPParserError.headerOverflow:
            send(.text("request too large", status: 431), isHead: false, context)
        case is HTTPParserError:
            send(.text("bad request", status: 400), isHead: false, context)
        default:
            context.close(promise: nil)
        }
    }

    private func respond(to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        isEnding = !head.isKeepAlive
        guard head.method == .GET || head.method == .HEAD else {
            return send(.text("method not allowed", status: 405), isHead: false, context)
        }
        let path = head.uri.prefix { $0 != "?" && $0 != "#" }
        send(answer(StatusRequest(path: String(path))), isHead: head.method == .HEAD, context)
    }

    private func send(_ response: StatusResponse, isHead: Bool, _ context: ChannelHandlerContext) {
        isAnswering = true
        expect(within: limits.response, context)
        var headers = HTTPHeaders([
            ("Content-Type", response.contentType), ("Content-Length", "\(response.body.count)"),
            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ])
        if response.status == 405 { headers.add(name: "Allow", value: "GET, HEAD") }
        if isEnding { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            let (connection, context) = bound.value
            connection.answered(context)
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        isAnswering = false
        switch (isEnding, isLingering) {
        case (false, _): expect(within: limits.request, context)
        case (true, false): context.close(promise: nil)
        case (true, true):
            context.close(mode: .output, promise: nil)
            expect(within: Self.linger, context)
        }
    }

    /// The one timer of a connection: whatever is due next must happen within `time`.
    private func expect(within time: Duration, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(time)) { bound.value.close(promise: nil) }
    }
}
