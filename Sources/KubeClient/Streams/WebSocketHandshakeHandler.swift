internal import Basics
internal import CCrypto
internal import HTTPTransport
internal import KubeModel
internal import NIOCore
internal import NIOWebSocket

/// Opens a WebSocket, makes room for those who use it, and leaves.
///
/// SwiftNIO's own upgrade handlers take several turns of the loop to change the pipeline. What a server sends and closes
/// right behind its answer, as for a command that ends at once, would be lost meanwhile; here all happens in one.
final class WebSocketHandshakeHandler<Stream: Sendable>: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: [UInt8]
    private let key: WebSocketKey
    private let subprotocols: [String]
    private let configure: (any Channel, String) throws -> Stream
    private let promise: EventLoopPromise<Stream>
    private var reader = HandshakeReader()
    private var isDone = false

    /// Frames come in pieces of 32 KiB; what is far larger is no API server's.
    private static var largestFrame: Int { 4 << 20 }

    /// - Parameters:
    ///   - configure: adds handlers of frames, with the subprotocol that the server chose.
    ///   - promise: of what `configure` made.
    init(
        request: [UInt8], key: WebSocketKey, subprotocols: [String], promise: EventLoopPromise<Stream>,
        configure: @escaping (any Channel, String) throws -> Stream
    ) {
        self.request = request
        self.key = key
        self.subprotocols = subprotocols
        self.promise = promise
        self.configure = configure
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return context.fireChannelRead(data) }
        do {
            try perform(try reader.receive(unwrapInboundIn(data).readableBytesView), context)
        } catch is HandshakeReader.Malformed {
            fail(StreamFailure.broken("the answer to the WebSocket's opening is no HTTP"), context)
        } catch {
            fail(error, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isDone { context.fireErrorCaught(error) } else { fail(error, context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isDone {
            if case .refused(let head, let body) = reader.end() {
                fail(StreamFailure.refused(Refusal(head, body).status), context)
            } else {
                fail(StreamFailure.ended("the server closed the connection before it answered"), context)
            }
        }
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }

    private func perform(_ step: HandshakeReader.Step, _ context: ChannelHandlerContext) throws {
        switch step {
        case .more: return
        case .refused(let head, let body): throw StreamFailure.refused(Refusal(head, body).status)
        case .switched(let headers, let rest):
            guard headers["Sec-WebSocket-Accept"] == key.answer else {
                throw StreamFailure.broken("the answer was not made for this WebSocket; a proxy may be in the way")
            }
            let chosen = headers["Sec-WebSocket-Protocol"] ?? ""
            guard subprotocols.contains(chosen) else { throw StreamFailure.subprotocol(chosen) }
            let operations = context.pipeline.syncOperations
            try operations.addHandlers([
                WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: Self.largestFrame)),
                WebSocketProtocolErrorHandler(isServer: false),
            ])
            let stream = try configure(context.channel, chosen)
            isDone = true
            promise.succeed(stream)
            if !rest.isEmpty {
                context.fireChannelRead(wrapInboundOut(ByteBuffer(bytes: rest)))
                context.fireChannelReadComplete()
            }
            operations.removeHandler(context: context, promise: nil)
        }
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        isDone = true
        promise.fail(error)
        context.close(promise: nil)
    }
}

/// What proves that an answer was made for this WebSocket's opening (RFC 6455 §4.1).
struct WebSocketKey: Sendable, Equatable {
    /// Sent as `Sec-WebSocket-Key`.
    let text: String

    init() {
        self.init(bytes: (0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    init(bytes: [UInt8]) {
        text = Base64.encode(bytes)
    }

    /// Expected as `Sec-WebSocket-Accept`.
    var answer: String {
        let input = Array("\(text)258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        SHA1(input, input.count, &digest)
        return Base64.encode(digest)
    }
}
