/// A number of bytes as people write it: `32MiB`, `64Ki`, `1GB`, `4096`.
package struct ByteSize: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var bytes: Int

    package init(bytes: Int) {
        self.bytes = bytes
    }

    package static let expectation = "a size such as 32MiB or 64KiB"

    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("B", 1), ("", 1),
    ]

    /// `nil` for anything that is not a whole number with one of the units, and for more than 2⁶³ bytes.
    package init?(_ text: String) {
        let digits = text.prefix { "0" <= $0 && $0 <= "9" }
        let suffix = text.dropFirst(digits.count)
        guard let number = Int(digits), let unit = Self.units.first(where: { $0.name == suffix }) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        bytes = product
    }

    package static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    /// In the largest binary unit that leaves a whole number.
    package var description: String {
        let unit = Self.units.prefix(4).first { bytes >= $0.bytes && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "\(bytes)"
    }
}
