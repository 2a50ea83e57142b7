import Foundation

/// A moment as API objects write it.
public struct KubeTime: Sendable, Comparable {
    /// Since 1970, in UTC.
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }
    public init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    public static var now: KubeTime { KubeTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    public static func < (one: KubeTime, other: KubeTime) -> Bool { one.microseconds < other.microseconds }

    public func advanced(bySeconds seconds: Int) -> KubeTime {
        KubeTime(microseconds: microseconds + Int64(seconds) * 1_000_000)
    }

    /// `2026-11-21T02:00:56Z`, the format of `metav1.Time`.
    public var text: String { Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601) }

    /// `2026-11-21T02:00:56.833885Z`, the format of `metav1.MicroTime`.
    public var microText: String {
        let fraction = String(microseconds - seconds * 1_000_000)
        return text.dropLast() + "." + String(repeating: "0", count: 6 - fraction.count) + fraction + "Z"
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 {
        microseconds >= 0 ? microseconds / 1_000_000 : (microseconds - 999_999) / 1_000_000
    }

    /// Reads either format; `nil` for anything else.
    public init?(_ text: String) {
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
