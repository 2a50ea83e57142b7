/// An object's uid in 16 bytes: what it is told apart by over time, also from another of the same name.
public struct ObjectUID: Sendable, Hashable {
    private let high: UInt64
    private let low: UInt64

    /// A UUID is kept as it is. Of any other text (none is known, but uids are opaque) a digest is kept.
    public init(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span, 0..<bytes.count)
    }

    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        if let uuid = Self.uuid(bytes, range) {
            (high, low) = uuid
            return
        }
        // FNV-1a, twice.
        var one: UInt64 = 0xCBF2_9CE4_8422_2325
        var other: UInt64 = 0x8422_2325_CBF2_9CE4
        for offset in range {
            one = (one ^ UInt64(bytes[offset])) &* 0x100_0000_01B3
            other = (other ^ UInt64(bytes[offset])) &* 0x100_0000_01B3 ^ (one >> 29)
        }
        (high, low) = (one, other)
    }

    private static func uuid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (UInt64, UInt64)? {
        guard range.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for index in 0..<36 {
            let byte = bytes[range.lowerBound + index]
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            halves = (halves.0 << 4 | halves.1 >> 60, halves.1 << 4 | UInt64(digit))
        }
        return halves
    }

    /// Bits to find it by in a table: uids are random, and so a hash already.
    public var bits: Int { Int(truncatingIfNeeded: high ^ low) }
}
