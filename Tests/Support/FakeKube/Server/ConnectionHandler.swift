import NIOCore
import NIOHTTP1
import NIOWebSocket
import Synchronization

/// One connection: gathers a request, asks the API, sends what it said, and keeps a watch going. Decides nothing but
/// the order of bytes.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private weak let server: FakeAPIServer?
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    /// Counts requests, so that a timer of an earlier one is told from one of this.
    private var number = 0
    private var waiting: (request: KubeRequest, fault: Fault?)?
    private var stream: WatchStream?
    private var meter = BodyMeter()

    init(_ server: FakeAPIServer) { self.server = server }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A WebSocket that is not to be: its request comes here next, and is refused in the API's words.
        if error is NIOWebSocketUpgradeError { return }
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer): body.append(contentsOf: buffer.readableBytesView)
        case .end: begin(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ConnectionSignal.changed: pump(context)
        case ConnectionSignal.bookmark:
            guard let bookmark = stream?.bookmark() else { return }
            send([bookmark], context)
        case ConnectionSignal.timeout(let number) where number == self.number && stream != nil: endWatch(context)
        case ConnectionSignal.goOn(let number) where number == self.number:
            if let waiting { answer(waiting.request, nil, context) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump(context)
        context.fireChannelWritabilityChanged()
    }

    // MARK: Answering

    private func begin(_ context: ChannelHandlerContext) {
        guard let server, let head else { return context.close(promise: nil) }
        number += 1
        meter = BodyMeter()
        let request = server.request(head, body, context.channel)
        let fault = server.state.withLock { state in
            state.record(request, head.uri)
            return state.faults.next(for: request)
        }
        answer(request, fault, context)
    }

    private func answer(_ request: KubeRequest, _ fault: Fault?, _ context: ChannelHandlerContext) {
        guard let server else { return context.close(promise: nil) }
        waiting = nil
        switch fault {
        case .drop: return context.close(promise: nil)
        case .stall: return
        case .delay(let duration):
            waiting = (request, fault)
            return schedule(.goOn(number), after: duration, context)
        case .status(let error): return send(KubeAnswer(error), request, context)
        case .answer(let status, let bytes, let contentType):
            return send(KubeAnswer(status, .bytes(bytes, contentType: contentType)), request, context)
        case .cut(let bytes): meter = BodyMeter(limit: bytes, thenCloses: true)
        case .freeze(let bytes): meter = BodyMeter(limit: bytes, thenCloses: false)
        case .contentType(let type): meter.contentType = type
        case .events, nil: break
        }
        let now = server.settings.now()
        switch server.changing({ $0.api.handle(request, now: now) }) {
        case .answer(let answer): send(answer, request, context)
        case .watch(let watch):
            var stream = WatchStream(watch, EventFormat(request, watch.type))
            if case .events(let eventFault) = fault { stream.fault = eventFault }
            begin(stream, context)
        }
    }

    private func send(_ answer: KubeAnswer, _ request: KubeRequest, _ context: ChannelHandlerContext) {
        let (contentType, bytes, coding) = ResponseFormat.encode(
            answer, for: request, now: server?.settings.now() ?? .now)
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        headers.add(name: "Content-Type", value: meter.contentType ?? contentType)
        if let coding { headers.add(name: "Content-Encoding", value: coding) }
        headers.add(name: "Content-Length", value: String(bytes.count))
        let status = HTTPResponseStatus(statusCode: answer.status)
        write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)), context)
        guard request.method != "HEAD" else { return write(.end(nil), context, flush: true) }
        guard writeBody(bytes, context) else { return }
        write(.end(nil), context, flush: true)
    }

    // MARK: Watching

    private func begin(_ stream: WatchStream, _ context: ChannelHandlerContext) {
        guard let server else { return }
        self.stream = stream
        let headers: HTTPHeaders = [
            "Content-Type": meter.contentType ?? stream.format.contentType, "Transfer-Encoding": "chunked",
        ]
        write(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)), context, flush: true)
        let channel = context.channel
        server.state.withLock { $0.watches[ObjectIdentifier(channel)] = channel }
        if let seconds = stream.watch.timeout { schedule(.timeout(number), after: .seconds(seconds), context) }
        if stream.watch.wantsBookmarks { scheduleBookmark(context) }
        pump(context)
    }

    private func pump(_ context: ChannelHandlerContext) {
        guard let server, stream != nil, context.channel.isWritable else { return }
        let events = server.state.withLock { state in
            stream?.watch.poll(state.api.store) ?? []
        }
        send(events, context)
    }

    private func send(_ events: [WatchEvent], _ context: ChannelHandlerContext) {
        guard var stream else { return }
        let (pieces, end) = stream.write(events, now: server?.settings.now() ?? .now)
        self.stream = stream
        for piece in pieces where !writeBody(piece, context) { return }
        switch end {
        case .regular: endWatch(context)
        case .abrupt: context.close(promise: nil)
        case nil: break
        }
    }

    private func endWatch(_ context: ChannelHandlerContext) {
        stream = nil
        let id = ObjectIdentifier(context.channel)
        server?.state.withLock { $0.watches[id] = nil }
        write(.end(nil), context, flush: true)
    }

    private func scheduleBookmark(_ context: ChannelHandlerContext) {
        guard let interval = server?.settings.bookmarkInterval else { return }
        let channel = context.channel
        context.eventLoop.scheduleRepeatedTask(
            initialDelay: TimeAmount(interval), delay: TimeAmount(interval)
        ) { task in
            if channel.isActive { ConnectionSignal.bookmark.send(to: channel) } else { task.cancel() }
        }
    }

    // MARK: Bytes

    /// `false` where a fault ended the body.
    private func writeBody(_ bytes: [UInt8], _ context: ChannelHandlerContext) -> Bool {
        let (allowed, isCut) = meter.take(bytes)
        if !allowed.isEmpty {
            write(.body(.byteBuffer(ByteBuffer(bytes: allowed))), context, flush: true)
        }
        guard isCut else { return true }
        stream = nil
        if meter.thenCloses { context.close(promise: nil) }
        return false
    }

    private func write(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext, flush: Bool = false) {
        context.write(wrapOutboundOut(part), promise: nil)
        if flush { context.flush() }
    }

    private func schedule(_ signal: ConnectionSignal, after duration: Duration, _ context: ChannelHandlerContext) {
        let channel = context.channel
        context.eventLoop.scheduleTask(in: TimeAmount(duration)) { signal.send(to: channel) }
    }
}
