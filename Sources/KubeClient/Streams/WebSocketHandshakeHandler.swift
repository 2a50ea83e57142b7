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

/// Reads the answer to a WebSocket's opening: the switch of protocols and the first frames behind it, or a refusal with
/// its body.
struct HandshakeReader: Sendable {
    enum Step: Sendable, Equatable {
        case more
        /// Protocols are switched; the rest is frames.
        case switched(HTTPHeaders, rest: [UInt8])
        case refused(HTTPResponseHead, body: [UInt8])
    }

    struct Malformed: Error, Equatable {}

    private static let largestHead = 64 << 10
    /// An error's body beyond this is not worth reading.
    private static let largestBody = 64 << 10

    private var bytes: [UInt8] = []
    private var head: HTTPResponseHead?

    mutating func receive(_ more: some Collection<UInt8>) throws(Malformed) -> Step {
        bytes += more
        if head == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
            let head = try Self.head(bytes[..<end.lowerBound])
            bytes.removeSubrange(..<end.upperBound)
            if head.status == 101 { return .switched(head.headers, rest: bytes) }
            self.head = head
        }
        guard let head else {
            guard bytes.count <= Self.largestHead else { throw Malformed() }
            return .more
        }
        guard let body = wholeBody(head) else { return .more }
        return .refused(head, body: body)
    }

    /// The connection has ended: what came of a refusal counts, even if there should have been more.
    func end() -> Step {
        guard let head else { return .more }
        return .refused(head, body: isChunked(head) ? Self.unchunked(bytes).body : bytes)
    }

    private func wholeBody(_ head: HTTPResponseHead) -> [UInt8]? {
        if isChunked(head) {
            let (body, isWhole) = Self.unchunked(bytes)
            return isWhole || bytes.count > Self.largestBody ? body : nil
        }
        let length = head.headers["Content-Length"].flatMap { Int($0) } ?? .max
        let wanted = min(max(0, length), Self.largestBody)
        return bytes.count >= wanted ? Array(bytes.prefix(wanted)) : nil
    }

    private func isChunked(_ head: HTTPResponseHead) -> Bool {
        head.headers["Transfer-Encoding"]?.lowercased().contains("chunked") == true
    }

    private static func head(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> HTTPResponseHead {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let status = Int(words[1])
        else {
            throw Malformed()
        }
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Malformed() }
            headers.add(String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
        }
        return HTTPResponseHead(status: status, headers: headers)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return String(text)
    }

    /// As many chunks as are there; where a length is none, nothing that follows can be read.
    private static func unchunked(_ bytes: [UInt8]) -> (body: [UInt8], isWhole: Bool) {
        var rest = bytes[...]
        var body: [UInt8] = []
        let lineEnd = Array("\r\n".utf8)
        while let end = rest.firstRange(of: lineEnd) {
            let digits = rest[..<end.lowerBound].prefix { $0 != UInt8(ascii: ";") }
            guard let count = Int(String(decoding: digits, as: UTF8.self), radix: 16), count > 0 else {
                return (body, true)
            }
            rest = rest[end.upperBound...]
            body += rest.prefix(count)
            guard rest.count >= 2, count <= rest.count - 2 else { break }
            rest = rest.dropFirst(count + 2)
        }
        return (body, false)
    }
}
