/// Durations as people write them in options and configurations: `10s`, `30m`, `1h30m`, `250ms`, `1.5h`.
///
/// In milliseconds, because embedded Swift reads them, too; `parse` and `print` have `Duration`.
package enum DurationText {
    /// What to write, for messages.
    package static let expectation = "a duration such as 10s, 30m or 1h30m"

    private static let units: [(name: StaticString, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
    /// A hundred years, so that sums with it cannot overflow.
    private static let longest = 36_525 * units[0].milliseconds

    /// `nil` for anything else and for more than a hundred years. What a bare number counts is the caller's to say, in
    /// milliseconds; without that there is none but `0`.
    package static func milliseconds(_ text: String, bareNumbersCount bare: Int64? = nil) -> Int64? {
        let bytes = Array(text.utf8)
        if let number = Int64(ascii: bytes) {
            return number == 0 || bare != nil ? scaled(number, by: bare ?? 1) : nil
        }
        var rest = bytes[...]
        var total: Int64 = 0
        repeat {
            let whole = rest.prefix(while: isDigit)
            rest = rest.dropFirst(whole.count)
            var fraction: ArraySlice<UInt8> = []
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix(while: isDigit)
                rest = rest.dropFirst(fraction.count + 1)
                guard (1...3).contains(fraction.count) else { return nil }
            }
            let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest.dropFirst(letters.count)
            guard whole.count <= 12, let number = Int64(ascii: whole + fraction),
                let unit = units.first(where: { unit in unit.name.withUTF8Buffer { letters.elementsEqual($0) } }),
                let part = scaled(number, by: unit.milliseconds, over: [1, 10, 100, 1000][fraction.count]),
                total + part <= longest
            else { return nil }
            total += part
        } while !rest.isEmpty
        return total
    }

    /// The shortest text that reads as so many milliseconds; never in days.
    package static func print(milliseconds: Int64) -> String {
        guard milliseconds != 0 else { return "0s" }
        var rest = milliseconds
        var text = ""
        for unit in units.dropFirst() where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }

    /// In the one largest unit that is exact: `90s`, for what was set as a round number.
    package static func print(inOneUnit milliseconds: Int64) -> String {
        let unit = units.first { milliseconds >= $0.milliseconds && milliseconds % $0.milliseconds == 0 }
        guard let unit else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func scaled(_ number: Int64, by factor: Int64, over divisor: Int64 = 1) -> Int64? {
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        let quotient = product / divisor
        return !overflow && (0...longest).contains(quotient) ? quotient : nil
    }
}
