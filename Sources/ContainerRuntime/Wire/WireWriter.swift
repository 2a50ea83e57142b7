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
