/// A number of bytes as people write it: `32MiB`, `64Ki`, `1GB`, `4096`. As in Kubernetes, `M` counts in thousands and
/// `Mi` in 1024s; a `B` behind either changes nothing.
package struct ByteSize: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var bytes: Int

    package init(bytes: Int) {
        self.bytes = bytes
    }

    package static let expectation = "a size such as 32MiB or 64KiB"
    /// What a JSON Schema says of the texts that are read.
    package static let pattern = "^[0-9]+(\(units.dropLast().map(\.name).joined(separator: "|")))?$"

    private static let binary = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)]
    private static let units: [(name: String, bytes: Int)] =
        [("B", 1)] + binary + binary.map { (String($0.0.dropLast()), $0.1) }
        + [("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)]
        + [("k", 1000), ("K", 1000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000), ("", 1)]

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
        let unit = Self.binary.last { bytes >= $0.1 && bytes % $0.1 == 0 }
        return unit.map { "\(bytes / $0.1)\($0.0)" } ?? "\(bytes)"
    }

    /// For people to read, to a tenth of the largest binary unit: `512 B`, `1.5 MiB`, `32 MiB`.
    package static func rounded(_ bytes: Int64) -> String {
        guard let (name, size) = binary.last(where: { bytes >= $0.1 }) else { return "\(bytes) B" }
        let (whole, rest) = bytes.quotientAndRemainder(dividingBy: Int64(size))
        let tenths = rest * 10 / Int64(size)
        return tenths == 0 || whole >= 100 ? "\(whole) \(name)" : "\(whole).\(tenths) \(name)"
    }
}
