import Foundation

/// A moment as API objects write it.
package struct KubeTime: Sendable, Comparable {
    /// Since 1970, in UTC.
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }
    package init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    package static var now: KubeTime { KubeTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    package static func < (one: KubeTime, other: KubeTime) -> Bool { one.microseconds < other.microseconds }

    package func advanced(bySeconds seconds: Int) -> KubeTime {
        KubeTime(microseconds: microseconds + Int64(seconds) * 1_000_000)
    }

    /// `2026-11-21T02:00:56Z`, the format of `metav1.Time`.
    package var text: String { Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601) }

    /// `2026-11-21T02:00:56.833885Z`, the format of `metav1.MicroTime`.
    package var microText: String {
        let fraction = String(microseconds - seconds * 1_000_000)
        return text.dropLast() + "." + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    }

    /// Reads either format; `nil` for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1)
        guard let first = parts.first else { return nil }
        let whole = first.hasSuffix("Z") ? String(first) : first + "Z"
        guard let date = try? Date(whole, strategy: .iso8601) else { return nil }
        self.init(seconds: Int64(date.timeIntervalSince1970))
        guard parts.count == 2 else { return }
        let digits = parts[1].prefix { $0.isASCII && $0.isNumber }
        microseconds += Int64((digits + "000000").prefix(6)) ?? 0
    }
}
