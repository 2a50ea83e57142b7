/// One field of a protobuf message: its number, and where its value stands.
public struct WireField: Sendable {
    enum Value {
        case varint(UInt64)
        /// A message, a text or packed numbers.
        case bytes(Range<Int>)
        /// 32 or 64 bits, which nothing we read uses.
        case fixed
    }

    public let number: Int
    let value: Value
    let offset: Int

    /// Where the text or nested message stands.
    func range() throws(WireError) -> Range<Int> {
        guard case .bytes(let range) = value else { throw WireError("field \(number) is not a message", at: offset) }
        return range
    }

    func cursor() throws(WireError) -> WireCursor { WireCursor(try range()) }

    func text(in bytes: Span<UInt8>) throws(WireError) -> String { String(copying: bytes, try range()) }

    func integer() throws(WireError) -> Int64 {
        guard case .varint(let value) = value else { throw WireError("field \(number) is not a number", at: offset) }
        return Int64(bitPattern: value)
    }

    /// Bits beyond the type's are dropped, as protobuf demands.
    func integer32() throws(WireError) -> Int32 { Int32(truncatingIfNeeded: try integer()) }
    func flag() throws(WireError) -> Bool { try integer() != 0 }
}

extension String {
    /// The text at `range`, which must lie within `bytes`; what is not UTF-8 in it is repaired.
    init(copying bytes: Span<UInt8>, _ range: Range<Int>) {
        self = bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
