/// Durations as people write them in options and configurations: `10s`, `30m`, `1h30m`, `250ms`, `1.5h`.
package enum DurationText {
    /// What to write, for messages.
    package static let expectation = "a duration such as 10s, 30m or 1h30m"

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// `nil` for anything else, a bare number included (what would it count?); `0` needs no unit. At most a hundred
    /// years, so that sums with it cannot overflow.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = Substring(text)
        var total: Int64 = 0
        repeat {
            let whole = rest.prefix { "0" <= $0 && $0 <= "9" }
            rest = rest.dropFirst(whole.count)
            var fraction: Substring = ""
            if rest.first == "." {
                fraction = rest.dropFirst().prefix { "0" <= $0 && $0 <= "9" }
                rest = rest.dropFirst(fraction.count + 1)
                guard (1...3).contains(fraction.count) else { return nil }
            }
            let letters = rest.prefix { "a" <= $0 && $0 <= "z" }
            rest = rest.dropFirst(letters.count)
            guard whole.count <= 12, let number = Int64(whole + fraction),
                let unit = units.first(where: { $0.name == letters })
            else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: unit.milliseconds)
            let scale: Int64 = [1, 10, 100, 1000][fraction.count]
            let (sum, overflow) = total.addingReportingOverflow(product / scale)
            guard !tooLarge, !overflow, sum <= 36_525 * 86_400_000 else { return nil }
            total = sum
        } while !rest.isEmpty
        return .milliseconds(total)
    }

    /// The shortest text that `parse` reads as this duration, to the millisecond.
    package static func print(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var rest = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        guard rest != 0 else { return "0s" }
        var text = ""
        for unit in units.reversed() where rest >= unit.milliseconds && unit.name != "d" {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}
