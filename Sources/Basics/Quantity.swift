/// An amount of a resource as Kubernetes writes it, in thousandths: `500m`, `1.5`, `128Mi`, `1e3`.
package struct Quantity: Sendable, Equatable, Comparable {
    package private(set) var thousandths: Int

    package static let zero = Quantity(thousandths: 0)

    private static let units: [(suffix: String, factor: Double)] = [
        ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824), ("Ti", 1_099_511_627_776),
        ("Pi", 1.125_899_906_842_624e15),
        ("n", 1e-9), ("u", 1e-6), ("m", 1e-3), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15),
    ]

    private init(thousandths: Int) { self.thousandths = thousandths }

    /// `nil` for what the API server would refuse, and for amounts beyond any machine.
    package init?(_ text: String) {
        let unit = Self.units.first { text.hasSuffix($0.suffix) }
        let digits = unit.map { String(text.dropLast($0.suffix.count)) } ?? text
        guard let number = Double(digits), number.isFinite, number >= 0, !digits.contains("x") else { return nil }
        let product = (number * (unit?.factor ?? 1) * 1000).rounded(.up)
        guard product < 9e18 else { return nil }
        thousandths = Int(product)
    }

    package static func < (left: Quantity, right: Quantity) -> Bool { left.thousandths < right.thousandths }

    package static func + (left: Quantity, right: Quantity) -> Quantity {
        let (sum, overflow) = left.thousandths.addingReportingOverflow(right.thousandths)
        return Quantity(thousandths: overflow ? .max : sum)
    }

    package static func * (left: Quantity, right: Int) -> Quantity {
        let (product, overflow) = left.thousandths.multipliedReportingOverflow(by: right)
        return Quantity(thousandths: overflow ? .max : product)
    }

    /// The shortest exact text: thousandths, whole numbers, or binary units of bytes.
    package func text(isBytes: Bool) -> String {
        guard thousandths % 1000 == 0 else { return "\(thousandths)m" }
        var whole = thousandths / 1000
        guard isBytes, whole > 0 else { return "\(whole)" }
        var suffix = ""
        for next in ["Ki", "Mi", "Gi", "Ti"] where whole % 1024 == 0 {
            whole /= 1024
            suffix = next
        }
        return "\(whole)\(suffix)"
    }
}
