/// Versions of objects. They are decimal numbers that grow (KEP-5504); of any other sort nothing is known but equality.
enum ResourceVersion {
    static func isOlder(_ version: String, than other: String) -> Bool {
        guard let left = UInt64(version), let right = UInt64(other) else { return false }
        return left < right
    }
}
