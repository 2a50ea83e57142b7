import FoundationEssentials

/// A record as a line: its CRC-32C in eight hexadecimal digits, a space, JSON, a line feed. A line that was torn by a
/// kill, or rotted on disk, fails its checksum.
enum JournalLine {
    private static let prefixLength = 9

    static func encode(_ record: JournalRecord) throws -> [UInt8] {
        let json = Array(try JSONEncoder().encode(record))
        return hexadecimal(checksum(json)) + [UInt8(ascii: " ")] + json + [UInt8(ascii: "\n")]
    }

    /// `line` without its line feed; `nil` where it is damaged.
    static func decode(_ line: ArraySlice<UInt8>) -> JournalRecord? {
        let json = line.dropFirst(prefixLength)
        guard !json.isEmpty, Array(line.prefix(prefixLength - 1)) == hexadecimal(checksum(Array(json))) else {
            return nil
        }
        return try? JSONDecoder().decode(JournalRecord.self, from: Data(json))
    }

    private static func hexadecimal(_ value: UInt32) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<8).map { digits[Int(value >> (28 - 4 * $0) & 0xF)] }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
    }
}
