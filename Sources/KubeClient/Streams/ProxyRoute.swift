internal import HTTPTransport
internal import NIOCore

/// The way to a server: straight, or through an HTTP proxy's tunnel. What curl decides for requests, for WebSockets.
struct ProxyRoute: Sendable, Equatable {
    struct Proxy: Sendable, Equatable {
        var host: String
        var port: Int
        /// `user:password`, still percent-encoded.
        var userInfo: String?
    }

    struct Unsupported: Error, Sendable, Equatable, CustomStringConvertible {
        var description: String
    }

    /// `nil` for the straight way.
    let proxy: Proxy?

    init(_ policy: ProxyPolicy, to server: ServerAddress, environment: [String: String]) throws(Unsupported) {
        let settings = ProxySettings(policy, environment: environment)
        let url = settings.proxy(forScheme: server.isSecure ? "https" : "http", host: server.host, port: server.port)
        guard !url.isEmpty else {
            proxy = nil
            return
        }
        proxy = try Self.parse(url)
    }

    private static func parse(_ url: String) throws(Unsupported) -> Proxy {
        var rest = Substring(url)
        if let separator = url.firstRange(of: "://") {
            guard url[..<separator.lowerBound].lowercased() == "http" else {
                throw Unsupported(
                    description: "WebSockets go through http:// proxies only, not \(url[..<separator.upperBound])")
            }
            rest = url[separator.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        let at = rest.lastIndex(of: "@")
        let userInfo = at.map { String(rest[..<$0]) }
        let authority = at.map { rest[rest.index(after: $0)...] } ?? rest
        // 1080 is where curl looks for a proxy whose port is not said.
        let hasPort = authority.last.map { $0 != "]" } == true && authority.contains(":")
        guard let address = ServerAddress(hasPort ? String(authority) : "\(authority):1080", secureByDefault: false)
        else {
            throw Unsupported(description: "the proxy's address cannot be read")
        }
        return Proxy(host: address.host, port: address.port, userInfo: userInfo)
    }
}

/// Asks an HTTP proxy for a tunnel, and leaves when it has one. For the handlers behind it the connection begins then.
final class ProxyTunnelHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    struct Refused: Error, CustomStringConvertible {
        var description: String
    }

    private let request: String
    private var answer = ByteBuffer()
    private static let largestAnswer = 16 << 10

    /// - Parameters:
    ///   - target: `host:port` of the server.
    ///   - authorization: for the proxy.
    init(target: String, authorization: String?) {
        request =
            "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
            + (authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? "") + "\r\n"
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        answer.writeImmutableBuffer(unwrapInboundIn(data))
        let end = Array("\r\n\r\n".utf8)
        guard let head = answer.readableBytesView.firstRange(of: end) else {
            if answer.readableBytes > Self.largestAnswer { fail(context, "answers without end") }
            return
        }
        let line = String(decoding: answer.readableBytesView.prefix { $0 != 0x0D }, as: UTF8.self)
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, words[1].hasPrefix("2") else {
            return fail(context, "answers \u{201C}\(line.prefix(100))\u{201D}")
        }
        answer.moveReaderIndex(to: head.upperBound)
        let rest = answer
        context.fireChannelActive()
        if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func fail(_ context: ChannelHandlerContext, _ words: String) {
        context.fireErrorCaught(Refused(description: words))
        context.close(promise: nil)
    }
}
