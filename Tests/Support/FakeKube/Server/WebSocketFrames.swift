import NIOCore
import NIOWebSocket

/// Messages out of frames: fragments joined, pings answered, closing returned.
struct WebSocketFrames {
    private var fragments: [UInt8] = []
    private var isClosing = false

    /// The message that this frame completes.
    mutating func message(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) -> [UInt8]? {
        switch frame.opcode {
        case .connectionClose: close(context)
        case .ping:
            write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData), context)
        case .binary, .text, .continuation:
            fragments.append(contentsOf: frame.unmaskedData.readableBytesView)
            guard frame.fin else { return nil }
            defer { fragments = [] }
            return fragments
        default: break
        }
        return nil
    }

    func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        write(WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: bytes)), context)
    }

    /// Sends a normal closure once, and closes behind it.
    mutating func close(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        write(WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(bytes: [0x03, 0xE8])), context)
        context.close(promise: nil)
    }

    private func write(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        context.writeAndFlush(NIOAny(frame), promise: nil)
    }
}
