internal import NIOCore
internal import NIOWebSocket

/// What the frames of a `channel.k8s.io` WebSocket mean: the first byte of each message names its channel.
struct ChannelFrames: Sendable {
    enum Step: Sendable, Equatable {
        case data(channel: UInt8, ByteBuffer)
        /// To be sent back.
        case pong(ByteBuffer)
        /// The other end has said all; with its code and reason where it gave any.
        case end(code: Int?, reason: String)
        case nothing
    }

    struct Broken: Error, Equatable {}

    /// Of the message whose fragments are coming in.
    private var channel: UInt8?

    /// - Throws: where a fragment belongs to no message.
    mutating func receive(_ frame: WebSocketFrame) throws(Broken) -> Step {
        var data = frame.unmaskedData
        switch frame.opcode {
        case .binary, .text:
            channel = nil
            guard let channel: UInt8 = data.readInteger() else { return .nothing }
            if !frame.fin { self.channel = channel }
            return .data(channel: channel, data)
        case .continuation:
            guard let channel else { throw Broken() }
            if frame.fin { self.channel = nil }
            return .data(channel: channel, data)
        case .ping: return .pong(data)
        case .connectionClose:
            let code: UInt16? = data.readInteger()
            return .end(code: code.map { Int($0) }, reason: String(decoding: data.readableBytesView, as: UTF8.self))
        default: return .nothing
        }
    }

    /// A message as a client must send it.
    static func frame(_ channel: UInt8, _ bytes: some Collection<UInt8>) -> WebSocketFrame {
        var data = ByteBuffer()
        data.reserveCapacity(bytes.count + 1)
        data.writeInteger(channel)
        data.writeBytes(bytes)
        return WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: data)
    }
}
