package import Basics

/// Which object, at which version: what following a watch needs of every object, and nothing more.
package struct ObjectHead: Sendable, Equatable {
    package var uid: ObjectUID
    /// Empty where the server gave none.
    package var resourceVersion: String
    /// The object is not one, but marks the end of the initial events of a watch.
    package var endsInitialEvents = false

    /// The annotation of the bookmark behind the initial events.
    static let initialEventsEnd = "k8s.io/initial-events-end"

    package init(uid: ObjectUID, resourceVersion: String) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// Reads the head of an object of any kind.
    package init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError) {
        try self.init(encoding, in: bytes, 0..<bytes.count)
    }

    /// Reads the head of the object at `range`, whatever its kind.
    init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        uid = ObjectUID(bytes, range.lowerBound..<range.lowerBound)
        resourceVersion = ""
        switch encoding {
        case .protobuf: try read(protobuf: bytes, range)
        case .json: try read(json: bytes, range)
        }
    }

    private mutating func read(protobuf bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var object = WireCursor(range)
        while let field = try object.next(in: bytes) {
            guard field.number == 1 else { continue }
            var metadata = try field.cursor()
            while let field = try metadata.next(in: bytes) {
                switch field.number {
                case 5: uid = ObjectUID(bytes, try field.range())
                case 6: resourceVersion = try field.text(in: bytes)
                case 12:
                    let annotation = try WireMapEntry(in: bytes, field)
                    guard annotation.key.count == Self.initialEventsEnd.utf8.count else { continue }
                    if String(copying: bytes, annotation.key) == Self.initialEventsEnd { endsInitialEvents = true }
                default: break
                }
            }
            // Every kind has its metadata once, and the server writes it first.
            return
        }
    }

    private mutating func read(json bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var cursor = JSONCursor(range)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            guard key == "metadata" else {
                try cursor.skip(in: bytes)
                continue
            }
            let metadata = try ObjectMeta(json: bytes, &cursor)
            uid = ObjectUID(metadata.uid)
            resourceVersion = metadata.resourceVersion
            endsInitialEvents = metadata.annotations[Self.initialEventsEnd] != nil
        }
    }
}

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
