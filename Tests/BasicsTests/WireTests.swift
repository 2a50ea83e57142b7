import Basics
import Testing

/// Protobuf's wire format. What a hostile pod does with it, KubeModelTests show.
@Suite struct WireTests {
    /// Every field that is there, as `number=value`.
    static func fields(of bytes: [UInt8]) throws(WireError) -> [String] {
        var seen: [String] = []
        var cursor = WireCursor(0..<bytes.count)
        while let field = try cursor.next(in: bytes.span) {
            switch field.value {
            case .varint: seen.append("\(field.number)=\(try field.integer())")
            case .bytes: seen.append("\(field.number)=\(try field.text(in: bytes.span))")
            case .fixed: seen.append("\(field.number)")
            }
        }
        return seen
    }

    @Test(
        arguments: [
            [0x08], [0x08, 0x80], [0x12, 0x05, 0x01], [0x00, 0x00], [0x0B], [0x0D, 1, 2, 3],
            [0x09, 1, 2, 3, 4, 5, 6, 7],
            [0x12] + [UInt8](repeating: 0xFF, count: 10),
        ] as [[UInt8]])
    func `a broken message is refused`(bytes: [UInt8]) {
        #expect(throws: WireError.self) { try Self.fields(of: bytes) }
    }

    @Test func `what is written is read`() throws {
        var writer = WireWriter()
        writer.string(1, "a")
        writer.string(2, "")
        writer.integer(3, -1)
        writer.integer(4, 300)
        writer.integer(5, 0)
        #expect(try Self.fields(of: writer.bytes) == ["1=a", "3=-1", "4=300"])
        #expect(try Self.fields(of: [0x0D, 1, 2, 3, 4, 0x11, 1, 2, 3, 4, 5, 6, 7, 8]) == ["1", "2"])
    }
}
