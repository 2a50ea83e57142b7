public import HTTPTransport
public import KubeModel
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// One HTTP request to a port of a pod, which need not listen on anything but the pod's localhost.
public struct PortRequest: Sendable {
    public var pod: ObjectKey
    public var port: Int
    public var method: String
    /// Absolute and encoded: `/quitquitquit`.
    public var path: String
    public var headers: HTTPTransport.HTTPHeaders
    public var body: [UInt8]

    public init(
        _ method: String = "GET", _ path: String = "/", to pod: ObjectKey, port: Int,
        headers: HTTPTransport.HTTPHeaders = [:],
        body: [UInt8] = []
    ) {
        self.pod = pod
        self.port = port
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    /// The protocol of the kubelets since long before 1.28, passed on by every API server; SPDY tunnelled through a
    /// WebSocket, which kubectl prefers, gains nothing for a single request.
    private static let subprotocols = ["v4.channel.k8s.io"]

    var target: PodStreamTarget {
        PodStreamTarget(pod, "portforward", query: [("ports", "\(port)")], subprotocols: Self.subprotocols)
    }
}

/// What a port of a pod answered.
public struct PortAnswer: Sendable, Equatable {
    public var status: Int
    public var headers: HTTPTransport.HTTPHeaders
    public var body: [UInt8]
}

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
