import ArgumentParser

/// Numbers of bytes, as people write and read them.
enum ByteSize {
    private static let units: [(name: String, size: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]

    /// Reads `8MiB`, `8M` or plain bytes.
    @Sendable static func parse(_ text: String) throws -> Int64 {
        for unit in units {
            for suffix in [unit.name, String(unit.name.prefix(1))] where text.hasSuffix(suffix) {
                guard let count = Int64(text.dropLast(suffix.count)), count >= 0, count < Int64.max / unit.size else {
                    break
                }
                return count * unit.size
            }
        }
        guard let bytes = Int64(text), bytes >= 0 else {
            throw ValidationError("'\(text)' is no size; write bytes, or 8MiB")
        }
        return bytes
    }

    /// Three digits and a unit.
    static func text(_ bytes: Int64) -> String {
        for unit in units where bytes >= unit.size {
            let tenths = bytes / (unit.size / 10)
            return tenths >= 1000 ? "\(tenths / 10) \(unit.name)" : "\(tenths / 10).\(tenths % 10) \(unit.name)"
        }
        return "\(bytes) B"
    }
}
