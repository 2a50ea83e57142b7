import Basics
import WorkdirProtocol

/// Durations as they stand on a command line: `500ms`, `30s`, `30m`, `1h30m`, `2d`; a bare number is seconds.
enum DurationText {
    private static let units: [(name: StaticString, milliseconds: Int64)] = [
        ("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]

    /// Milliseconds; nil for anything else, nothing and an overflow.
    static func parse(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        if let seconds = Int64(ascii: rest) { return seconds < 0 ? nil : scaled(seconds, 1000) }
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest[digits.endIndex...]
            guard let number = Int64(ascii: digits),
                let unit = units.first(where: { unit in unit.name.withUTF8Buffer { rest.starts(with: $0) } }),
                let part = scaled(number, unit.milliseconds)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
            rest = rest.dropFirst(unit.name.utf8CodeUnitCount)
        }
        return total
    }

    /// The shortest exact form.
    static func describe(_ milliseconds: Int64) -> String {
        guard
            let unit = units.dropFirst().first(where: {
                milliseconds >= $0.milliseconds && milliseconds % $0.milliseconds == 0
            })
        else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }

    private static func scaled(_ number: Int64, _ factor: Int64) -> Int64? {
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
