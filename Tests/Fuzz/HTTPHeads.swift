import NIOCore
import NIOEmbedded
import NIOWebSocket

@testable import HTTPServer
@testable import HTTPTransport
@testable import KubeClient
@testable import Transfer

/// Heads of HTTP as the other side sends them. Whatever they say is the same in one piece and in many.
enum HTTPHeads {
    // MARK: What our server is asked

    static func request(_ bytes: [UInt8]) {
        for isReadOnly in [true, false] {
            let answers = answers(to: [bytes], isReadOnly)
            precondition(answers == Self.answers(to: pieces(of: bytes), isReadOnly), "pieces are answered otherwise")
        }
    }

    private static func answers(to pieces: [[UInt8]], _ isReadOnly: Bool) -> [UInt8] {
        var limits = ServerLimits.webhook
        (limits.head, limits.body, limits.bodies) = (4 << 10, 2 << 10, 3 << 10)
        let floor = ConnectionFloor(limits, .here { .text($0.path + $0.contentType + "\($0.body.count)") })
        let machine = ConnectionMachine(limits, isReadOnly: isReadOnly, isLoopback: false)
        let answers = exchange(pieces, with: ConnectionHandler(1, machine, on: floor).pipeline(nil))
        precondition(floor.budget.free == limits.bodies, "a body that nobody has any more is counted")
        return answers
    }

    // MARK: What we are answered

    /// As libcurl hands it on: line by line.
    static func response(_ bytes: [UInt8]) {
        var parser = HeadParser()
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            switch parser.consume(String(decoding: line, as: UTF8.self)) {
            case .more, .informational: continue
            case .malformed: return
            case .final(let head): judge(head)
            }
        }
    }

    private static func judge(_ head: HTTPResponseHead) {
        precondition((100...999).contains(head.status), "no status")
        for toHead in [true, false] {
            if case .success(let length?) = BodyLength.announced(by: head, toHead: toHead) {
                precondition(length >= 0, "a body of less than nothing")
            }
        }
        for range in [nil, 0..<10, Int64.max - 1..<Int64.max] as [Range<Int64>?] {
            let check = ResponseCheck(object: "fuzz", key: "fuzz", range: range) { key, head in
                ObjectInfo(key: key, size: head.objectSize, etag: head.headers["ETag"])
            }
            _ = check.verdict(head, check.info(head))
        }
        _ = head.amazonChecksum
    }

    /// The answer to a WebSocket's opening and the frames behind it; `isTunneled` behind a proxy's.
    static func handshake(_ bytes: [UInt8], isTunneled: Bool) {
        precondition(
            frames(in: [bytes], isTunneled) == frames(in: pieces(of: bytes), isTunneled), "pieces mean something else")
    }

    private static func frames(in pieces: [[UInt8]], _ isTunneled: Bool) -> [String] {
        let channel = EmbeddedChannel()
        let frames = FrameLog()
        let promise = channel.eventLoop.makePromise(of: String.self)
        var outcome = ""
        promise.futureResult.assumeIsolated().whenComplete { outcome = "\($0)" }
        var handlers: [any ChannelHandler] = [
            WebSocketHandshakeHandler(
                request: [], key: WebSocketKey(bytes: Array(0..<16)), subprotocols: ["v5.channel.k8s.io", ""],
                promise: promise
            ) { channel, chosen in
                try channel.pipeline.syncOperations.addHandler(frames)
                return chosen
            }
        ]
        if isTunneled { handlers.insert(ProxyTunnelHandler(target: "fuzz:443", authorization: nil), at: 0) }
        _ = exchange(pieces, with: handlers, on: channel)
        return [outcome] + frames.log
    }

    /// What is not followed by an end of the connection is not always decided; all of this is.
    private static func exchange(
        _ pieces: [[UInt8]], with handlers: [any ChannelHandler], on channel: EmbeddedChannel = EmbeddedChannel()
    ) -> [UInt8] {
        var answers: [UInt8] = []
        do {
            try channel.pipeline.syncOperations.addHandlers(handlers)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        } catch { preconditionFailure("\(error)") }
        func collect() {
            while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { answers += bytes.readableBytesView }
        }
        for piece in pieces where channel.isActive {
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            collect()
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        collect()
        return answers
    }

    private static func pieces(of bytes: [UInt8]) -> [[UInt8]] {
        let length = max(1 + Int(bytes.last ?? 0) % 61, bytes.count / 6)
        return stride(from: 0, to: bytes.count, by: length).map { Array(bytes[$0..<min($0 + length, bytes.count)]) }
    }
}

/// Writes down what the frames of a command's WebSocket mean, up to the first that breaks the rules.
private final class FrameLog: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private var frames: ChannelFrames? = ChannelFrames()
    private var machine = ExecMachine(limit: 1 << 10)
    private var steps = 0

    var log: [String] {
        [String(decoding: machine.output + [0] + machine.error, as: UTF8.self), "\(steps) \(machine.end())"]
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let step = try? frames?.receive(unwrapInboundIn(data)) else {
            frames = nil
            return
        }
        steps += 1
        if case .data(let channel, let bytes) = step { machine.receive(channel: channel, bytes.readableBytesView) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { frames = nil }
}
