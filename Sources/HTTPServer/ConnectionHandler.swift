internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Carries out for one connection what its `ConnectionMachine` says.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let id: ConnectionBook.ID
    private let floor: ConnectionFloor
    private let valve = Valve()
    private var machine: ConnectionMachine
    private var context: ChannelHandlerContext?
    /// The one timer of a connection.
    private var deadline: Scheduled<Void>?

    init(_ id: ConnectionBook.ID, _ machine: ConnectionMachine, on floor: ConnectionFloor) {
        self.id = id
        self.machine = machine
        self.floor = floor
    }

    /// All handlers of a connection, from the socket on.
    func pipeline(_ tls: ServerTLS?) -> [any ChannelHandler] {
        [valve] + (tls.map { [NIOSSLServerHandler(context: $0.context)] } ?? []) + [
            HeadMeter(self), ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)),
            HTTPResponseEncoder(), self,
        ]
    }

    // MARK: From the server

    func stop() { perform(machine.stop()) }

    /// Closes without waiting for anything more from the caller.
    func cut() { valve.close() }

    private func answered(_ response: ServerResponse) {
        perform(machine.answered(response, isLeaving: floor.isLeaving, &floor.budget))
    }

    // MARK: From the caller

    var intake: ConnectionMachine.Intake { machine.intake }

    func headBytes(_ count: Int) { perform(machine.headBytes(count)) }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        perform(machine.opened())
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        machine.ended(&floor.budget)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): perform(machine.head(head))
        case .body(let bytes): perform(machine.body(bytes, &floor.budget))
        case .end: perform(machine.end())
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case is HeadMeter.TooLarge, HTTPParserError.headerOverflow: perform(machine.failed(.headTooLarge))
        case is HTTPParserError: perform(machine.failed(.malformed))
        default: perform(machine.failed(.broken))
        }
    }

    // MARK: Effects

    private func perform(_ effects: [ConnectionMachine.Effect]) {
        floor.book.note(machine.phase, of: id)
        // Gone meanwhile: there is nobody to do anything for.
        guard let context, context.channel.isActive else { return }
        for effect in effects {
            switch effect {
            case .expect(let time): expect(within: time, context)
            case .invite:
                let head = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            case .ask(let request): ask(request, context)
            case .send(let response, let hasBody, let isLast):
                send(response, hasBody: hasBody, isLast: isLast, context)
            case .closeOutput: context.close(mode: .output, promise: nil)
            case .close: context.close(promise: nil)
            case .cut: cut()
            }
        }
    }

    private func expect(within time: Duration, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { self.cut() }
    }

    private func ask(_ request: ServerRequest, _ context: ChannelHandlerContext) {
        switch floor.answerer {
        case .here(let answer): answered(answer(request))
        case .elsewhere(let questions):
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            let loop = context.eventLoop
            questions.yield(Question(request: request) { response in loop.execute { bound.value.answered(response) } })
        }
    }

    private func send(_ response: ServerResponse, hasBody: Bool, isLast: Bool, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders([
            ("Content-Type", response.contentType), ("Content-Length", "\(response.body.count)"),
            ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ])
        for (name, value) in response.headers { headers.add(name: name, value: value) }
        if isLast { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if hasBody {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        // A connection that breaks meanwhile has nothing more to come.
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenSuccess {
            self.perform(self.machine.sent())
        }
    }
}

/// Stands before the decoder and lets it have as much of a request as it may.
private final class HeadMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    struct TooLarge: Error {}

    private let connection: ConnectionHandler

    init(_ connection: ConnectionHandler) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while bytes.readableBytes > 0 {
            switch connection.intake {
            case .none: return
            // What follows a body in the same read is not worth a look: it is not much.
            case .all: return context.fireChannelRead(wrapInboundOut(bytes))
            case .atMost(let count):
                guard let head = bytes.readSlice(length: min(count, bytes.readableBytes)), head.readableBytes > 0 else {
                    return context.fireErrorCaught(TooLarge())
                }
                connection.headBytes(head.readableBytes)
                context.fireChannelRead(wrapInboundOut(head))
            }
        }
    }
}

/// Stands at the socket and closes it at once, because TLS waits for the other side's farewell.
private final class Valve: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func close() { context?.close(promise: nil) }
}
