/// One field of a protobuf message as it is on the wire.
struct WireField {
    enum Kind: Int {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    let number: Int
    private let value: UInt64
    private let payload: ArraySlice<UInt8>
    private let kind: Kind

    /// Goes through the fields of `message` in the order they stand there; throws where the message breaks off.
    static func each(of message: ArraySlice<UInt8>, _ take: (WireField) throws -> Void) throws {
        var rest = message
        while !rest.isEmpty {
            let tag = try varint(&rest)
            guard let kind = Kind(rawValue: Int(tag & 7)), tag >> 3 > 0, tag >> 3 < 1 << 29 else {
                throw Malformed(description: "no field has the tag \(tag)")
            }
            var value: UInt64 = 0
            var count = 0
            switch kind {
            case .varint: value = try varint(&rest)
            case .fixed64: count = 8
            case .fixed32: count = 4
            case .bytes: count = try Int(clamping: varint(&rest))
            }
            guard count <= rest.count else { throw Malformed(description: "field \(tag >> 3) goes beyond the end") }
            try take(WireField(number: Int(tag >> 3), value: value, payload: rest.prefix(count), kind: kind))
            rest = rest.dropFirst(count)
        }
    }

    func integer() throws -> Int64 {
        guard kind == .varint else { throw Malformed(description: "field \(number) is no number") }
        return Int64(bitPattern: value)
    }

    func bytes() throws -> ArraySlice<UInt8> {
        guard kind == .bytes else { throw Malformed(description: "field \(number) has no bytes") }
        return payload
    }

    func string() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

    private static func varint(_ rest: inout ArraySlice<UInt8>) throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte = rest.popFirst() else { throw Malformed(description: "a number breaks off") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Malformed(description: "a number has more than ten bytes")
    }
}

/// Writes a protobuf message, field by field. Fields with the default value are left out, as proto3 has it.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    mutating func string(_ number: Int, _ value: String) {
        guard !value.isEmpty else { return }
        varint(UInt64(number << 3 | WireField.Kind.bytes.rawValue))
        varint(UInt64(value.utf8.count))
        bytes += value.utf8
    }

    mutating func integer(_ number: Int, _ value: Int64) {
        guard value != 0 else { return }
        varint(UInt64(number << 3 | WireField.Kind.varint.rawValue))
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
