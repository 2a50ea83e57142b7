/// A moment, in milliseconds since 1970 UTC.
package struct UnixTime: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    package static func < (left: UnixTime, right: UnixTime) -> Bool { left.milliseconds < right.milliseconds }

    /// RFC 3339 in UTC: `2026-11-21T03:45:00.123Z`.
    package var description: String {
        let time = CivilTime(microseconds: milliseconds * 1000)
        return "\(time.year)-\(two(time.month))-\(two(time.day))T\(two(time.hour)):\(two(time.minute))"
            + ":\(two(time.second)).\(three(time.microsecond / 1000))Z"
    }
}

private func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
private func three(_ value: Int64) -> String { value < 100 ? "0\(two(value))" : "\(value)" }
