internal import Basics

/// The tag and length of a protobuf field whose body may not have arrived yet.
struct WireElementHeader {
    let number: Int
    /// Where the body stands or will stand; may reach beyond what is there.
    let body: Range<Int>
    let hasLength: Bool

    /// `nil` where even the header is cut off.
    init?(in bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        // A tag and a length have at most ten bytes each, so that a failure with more at hand is one.
        let isAllThere = range.count >= 20
        do throws(WireError) {
            var cursor = WireCursor(range)
            let tag = try cursor.varint(in: bytes)
            guard tag >> 3 != 0, tag >> 3 <= 0x1FFF_FFFF else { throw WireError("no such field", at: range.lowerBound) }
            number = Int(tag >> 3)
            hasLength = tag & 7 == 2
            switch tag & 7 {
            case 0:
                let start = cursor.offset
                _ = try cursor.varint(in: bytes)
                body = start..<cursor.offset
            case 1: body = cursor.offset..<cursor.offset + 8
            case 2:
                let length = try cursor.varint(in: bytes)
                guard length <= UInt64(UInt32.max) else { throw WireError("an absurd length", at: range.lowerBound) }
                body = cursor.offset..<cursor.offset + Int(length)
            case 5: body = cursor.offset..<cursor.offset + 4
            default: throw WireError("no such wire type", at: range.lowerBound)
            }
        } catch {
            guard !isAllThere, error.offset == range.upperBound else { throw error }
            return nil
        }
    }
}
