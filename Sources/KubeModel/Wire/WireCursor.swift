/// Walks the fields of one protobuf message within `bytes`, which are handed to each call, so that nothing is copied and
/// no pointer is kept.
///
/// Trusts nothing: every length is compared with what is there before it is used, and every access is checked.
struct WireCursor {
    private(set) var offset: Int
    let end: Int

    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next field, `nil` at the message's end.
    mutating func next(in bytes: Span<UInt8>) throws(WireError) -> WireField? {
        guard offset < end else { return nil }
        let start = offset
        let tag = try varint(in: bytes)
        guard tag >> 3 != 0, tag >> 3 <= 0x1FFF_FFFF else { throw WireError("no such field number", at: start) }
        let number = Int(tag >> 3)
        switch tag & 7 {
        case 0: return WireField(number: number, value: .varint(try varint(in: bytes)), offset: start)
        case 1: try advance(8)
        case 2:
            let length = try varint(in: bytes)
            guard length <= UInt64(end - offset) else { throw WireError("field \(number) is cut off", at: start) }
            let first = offset
            offset += Int(length)
            return WireField(number: number, value: .bytes(first..<offset), offset: start)
        case 5: try advance(4)
        default: throw WireError("no such wire type", at: start)
        }
        return WireField(number: number, value: .fixed, offset: start)
    }

    mutating func varint(in bytes: Span<UInt8>) throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw WireError("a number of more than ten bytes", at: offset) }
        }
        throw WireError("a number is cut off", at: offset)
    }

    private mutating func advance(_ count: Int) throws(WireError) {
        guard count <= end - offset else { throw WireError("a number is cut off", at: offset) }
        offset += count
    }
}
