internal import NIOCore

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
