internal import HTTPTransport
internal import NIOCore
internal import NIOHTTP1

/// Sends one request as soon as there is a connection, and gathers its answer.
final class RoundTripHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let body: [UInt8]
    private let limit: Int
    private let promise: EventLoopPromise<PortAnswer>
    private var answer: PortAnswer?

    /// - Parameter limit: the most bytes of a body.
    init(_ request: PortRequest, limit: Int, _ promise: EventLoopPromise<PortAnswer>) {
        var headers = NIOHTTP1.HTTPHeaders()
        if request.headers["Host"] == nil { headers.add(name: "Host", value: "localhost:\(request.port)") }
        for field in request.headers.fields { headers.add(name: field.name, value: field.value) }
        headers.replaceOrAdd(name: "Connection", value: "close")
        if !request.body.isEmpty || request.method != "GET" && request.method != "HEAD" {
            headers.replaceOrAdd(name: "Content-Length", value: "\(request.body.count)")
        }
        head = HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: request.method), uri: request.path, headers: headers)
        body = request.body
        self.limit = limit
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            var headers = HTTPTransport.HTTPHeaders()
            for (name, value) in head.headers { headers.add(name, value) }
            answer = PortAnswer(status: Int(head.status.code), headers: headers, body: [])
        case .body(let bytes):
            guard (answer?.body.count ?? 0) + bytes.readableBytes <= limit else {
                return end(.failure(StreamFailure.tooLarge(limit: limit)), context)
            }
            answer?.body += bytes.readableBytesView
        case .end: end(answer.map { .success($0) } ?? .failure(ChannelError.eof), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error), context) }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(StreamFailure.ended("the port closed the connection before it had answered")), context)
        context.fireChannelInactive()
    }

    /// The first call counts.
    private func end(_ result: Result<PortAnswer, any Error>, _ context: ChannelHandlerContext) {
        promise.completeWith(result)
        context.close(promise: nil)
    }
}
