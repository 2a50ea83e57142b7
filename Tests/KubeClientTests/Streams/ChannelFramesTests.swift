import NIOCore
import NIOWebSocket
import Testing

@testable import KubeClient

@Suite struct ChannelFramesTests {
    private var frames = ChannelFrames()

    @Test mutating func takesTheChannelFromTheFirstByte() throws {
        #expect(try receive(.binary, [1, 104, 105]) == .data(channel: 1, ByteBuffer(bytes: [104, 105])))
        // The command was started.
        #expect(try receive(.binary, [1]) == .data(channel: 1, ByteBuffer()))
        #expect(try receive(.binary, []) == .nothing)
    }

    @Test mutating func joinsFragmentsToTheirChannel() throws {
        #expect(try receive(.binary, [2, 1], fin: false) == .data(channel: 2, ByteBuffer(bytes: [1])))
        // A control frame may stand between two fragments.
        #expect(try receive(.ping, [7]) == .pong(ByteBuffer(bytes: [7])))
        #expect(try receive(.continuation, [3, 4], fin: false) == .data(channel: 2, ByteBuffer(bytes: [3, 4])))
        #expect(try receive(.continuation, [5]) == .data(channel: 2, ByteBuffer(bytes: [5])))
        #expect(throws: ChannelFrames.Broken.self) { try receive(.continuation, [6]) }
    }

    @Test mutating func readsTheEnd() throws {
        #expect(try receive(.connectionClose, [0x03, 0xE8] + Array("bye".utf8)) == .end(code: 1000, reason: "bye"))
        #expect(try receive(.connectionClose, []) == .end(code: nil, reason: ""))
    }

    @Test func masksWhatAClientSends() {
        let frame = ChannelFrames.frame(0, [104, 105])
        #expect(frame.maskKey != nil)
        #expect(frame.fin)
        #expect(frame.opcode == .binary)
        #expect(Array(frame.data.readableBytesView) == [0, 104, 105])
    }

    private mutating func receive(
        _ opcode: WebSocketOpcode, _ bytes: [UInt8], fin: Bool = true
    ) throws -> ChannelFrames.Step {
        try frames.receive(WebSocketFrame(fin: fin, opcode: opcode, data: ByteBuffer(bytes: bytes)))
    }
}
