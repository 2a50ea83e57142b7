/// Versions of objects. They are decimal numbers that grow (KEP-5504); of any other sort nothing is known but equality.
enum ResourceVersion {
    static func isOlder(_ version: String, than other: String) -> Bool {
        guard let left = UInt64(version), let right = UInt64(other) else { return false }
        return left < right
    }

    /// Eight bytes that tell versions of one object apart; 0 for none.
    static func digest(_ version: String) -> UInt64 {
        if let number = UInt64(version) { return number }
        return version.utf8.reduce(version.isEmpty ? 0 : 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
