/// gRPC's framing of one message (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"): a byte that says whether it is
/// compressed, four bytes of length, the message.
enum GRPCFrame {
    static func encode(_ message: [UInt8]) -> [UInt8] {
        let count = UInt32(message.count)
        return [0, UInt8(count >> 24), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
            + message
    }

    /// The one message of a unary answer. `nil` where `bytes` are not exactly one uncompressed frame.
    static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 5, bytes[0] == 0 else { return nil }
        let length = bytes[1...4].reduce(0) { $0 << 8 | Int($1) }
        return length == bytes.count - 5 ? Array(bytes[5...]) : nil
    }
}
