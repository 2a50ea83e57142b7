internal import Basics

/// When a CronJob runs, as its controller reads it (robfig/cron's standard parser): five fields, or a word.
enum CronSchedule {
    private static let words = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let fields: [(name: String, range: ClosedRange<Int>, names: [String])] = [
        ("minute", 0...59, []), ("hour", 0...23, []), ("day of the month", 1...31, []), ("month", 1...12, months),
        ("day of the week", 0...6, days),
    ]

    /// `nil` for a schedule that is fine.
    static func problem(_ text: String) -> String? {
        if text.contains("TZ") { return "expected no time zone in it: that is the field timeZone's" }
        if text.hasPrefix("@") {
            if words.contains(text) { return nil }
            if text.hasPrefix("@every "), DurationText.milliseconds(String(text.dropFirst(7))) != nil { return nil }
            return "expected one of \(words.joined(separator: ", ")) or @every 1h30m, found \u{201C}\(text)\u{201D}"
        }
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == fields.count else {
            return "expected five fields, as in \"0 3 * * *\", found \u{201C}\(text)\u{201D}"
        }
        for (part, field) in zip(parts, fields) where !isFine(part, field.range, field.names) {
            let names = field.names.first.map { first in " or names such as \(first)" } ?? ""
            return
                "the \(field.name) expects numbers from \(field.range.lowerBound) to \(field.range.upperBound)\(names), *, "
                + "ranges and steps such as */5, found \u{201C}\(part)\u{201D}"
        }
        return nil
    }

    /// `*`, `1-5`, `*/15`, `mon,wed`.
    private static func isFine(_ text: Substring, _ range: ClosedRange<Int>, _ names: [String]) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { expression in
            let parts = expression.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let first = parts.first else { return false }
            if parts.count == 2, number(parts[1]).map({ $0 > 0 }) != true { return false }
            let ends = first.split(separator: "-", omittingEmptySubsequences: false)
            if ends.count == 1, ends[0] == "*" || ends[0] == "?" { return true }
            let numbers = ends.compactMap { end in
                names.firstIndex(of: end.lowercased()).map { $0 + range.lowerBound } ?? number(end)
            }
            guard (1...2).contains(ends.count), numbers.count == ends.count, let low = numbers.first,
                let high = numbers.last
            else { return false }
            return low <= high && range.contains(low) && range.contains(high)
        }
    }

    private static func number(_ text: Substring) -> Int? { text.allSatisfy(\.isNumber) ? Int(text) : nil }
}
