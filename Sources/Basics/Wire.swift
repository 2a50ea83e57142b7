/// Walks the fields of one protobuf message within `bytes`, which are handed to each call, so that nothing is copied and
/// no pointer is kept.
///
/// Trusts nothing: every length is compared with what is there before it is used, and every access is checked.
@frozen public struct WireCursor {
    @usableFromInline var position: Int
    /// Where the next field begins.
    @inlinable public var offset: Int { position }
    public let end: Int

    @inlinable public init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field, `nil` at the message's end.
    @inlinable public mutating func next(in bytes: Span<UInt8>) throws(WireError) -> WireField? {
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
            position += Int(length)
            return WireField(number: number, value: .bytes(first..<offset), offset: start)
        case 5: try advance(4)
        default: throw WireError("no such wire type", at: start)
        }
        return WireField(number: number, value: .fixed, offset: start)
    }

    @inlinable public mutating func varint(in bytes: Span<UInt8>) throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = bytes[offset]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw WireError("a number of more than ten bytes", at: offset) }
        }
        throw WireError("a number is cut off", at: offset)
    }

    @inlinable mutating func advance(_ count: Int) throws(WireError) {
        guard count <= end - offset else { throw WireError("a number is cut off", at: offset) }
        position += count
    }
}

/// One field of a protobuf message: its number, and where its value stands.
@frozen public struct WireField: Sendable {
    @frozen public enum Value: Sendable {
        case varint(UInt64)
        /// A message, a text or packed numbers.
        case bytes(Range<Int>)
        /// 32 or 64 bits, which nothing we read uses.
        case fixed
    }

    public let number: Int
    public let value: Value
    public let offset: Int

    @inlinable public init(number: Int, value: Value, offset: Int) {
        self.number = number
        self.value = value
        self.offset = offset
    }

    /// Where the text or nested message stands.
    @inlinable public func range() throws(WireError) -> Range<Int> {
        guard case .bytes(let range) = value else { throw WireError("field \(number) is not a message", at: offset) }
        return range
    }

    @inlinable public func cursor() throws(WireError) -> WireCursor { WireCursor(try range()) }

    @inlinable public func text(in bytes: Span<UInt8>) throws(WireError) -> String {
        String(copying: bytes, try range())
    }

    @inlinable public func integer() throws(WireError) -> Int64 {
        guard case .varint(let value) = value else { throw WireError("field \(number) is not a number", at: offset) }
        return Int64(bitPattern: value)
    }

    /// Bits beyond the type's are dropped, as protobuf demands.
    @inlinable public func integer32() throws(WireError) -> Int32 { Int32(truncatingIfNeeded: try integer()) }
    @inlinable public func flag() throws(WireError) -> Bool { try integer() != 0 }
}

extension String {
    /// The text at `range`, which must lie within `bytes`; what is not UTF-8 in it is repaired.
    @inlinable public init(copying bytes: Span<UInt8>, _ range: Range<Int>) {
        self = bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}

/// An entry of a protobuf map of texts.
@frozen public struct WireMapEntry {
    public var key: Range<Int>
    public var value: Range<Int>

    @inlinable public init(in bytes: Span<UInt8>, _ entry: WireField) throws(WireError) {
        var cursor = try entry.cursor()
        key = cursor.end..<cursor.end
        value = key
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: key = try field.range()
            case 2: value = try field.range()
            default: break
            }
        }
    }
}

/// Writes a protobuf message, field by field. Fields with the default value are left out, as proto3 has it.
package struct WireWriter {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package mutating func string(_ number: Int, _ value: String) { data(number, value.utf8) }

    package mutating func data(_ number: Int, _ value: some Collection<UInt8>) {
        guard !value.isEmpty else { return }
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(value.count))
        bytes += value
    }

    package mutating func integer(_ number: Int, _ value: Int64) {
        guard value != 0 else { return }
        varint(UInt64(number) << 3)
        varint(UInt64(bitPattern: value))
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Bytes off the wire that are not what they should be.
public struct WireError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, in a few words.
    public var problem: String
    /// Where in the message or document, in bytes.
    public var offset: Int

    @inlinable public init(_ problem: String, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    public var description: String { "\(problem) at byte \(offset)" }
}
