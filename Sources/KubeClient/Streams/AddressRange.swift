internal import Glibc

/// A network of IP addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
struct AddressRange: Sendable, Equatable {
    private let bytes: [UInt8]
    private let prefix: Int

    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.address(first) else { return nil }
        let length = bytes.count * 8
        guard let prefix = parts.count == 1 ? length : Int(parts[1]), (0...length).contains(prefix) else { return nil }
        self.bytes = bytes
        self.prefix = prefix
    }

    func contains(_ host: String) -> Bool {
        guard let other = Self.address(host), other.count == bytes.count else { return false }
        return (0..<prefix).allSatisfy { bit in
            (bytes[bit / 8] ^ other[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
        }
    }

    /// The bytes of an IPv4 or IPv6 address, without or in brackets; `nil` for a name.
    static func address(_ text: some StringProtocol) -> [UInt8]? {
        let text = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
