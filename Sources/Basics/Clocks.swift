// Which of the two `timespec` is from depends on what the compiler loads first.
internal import CLinux
internal import Glibc

/// Time that only goes forward, and waiting for it: what every protocol here is timed by. Injected, so that a test
/// decides how time passes.
public struct Timepiece: Sendable {
    /// Since some moment that does not change, time in which the machine slept or the process was stopped included.
    public let now: @Sendable () -> Duration
    /// Returns once `now` has reached a moment. Throws `CancellationError` when the task is cancelled before.
    public let sleep: @Sendable (_ until: Duration) async throws -> Void

    public init(_ clock: some Clock<Duration>) {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    }

    /// The system's: it goes on while a process is stopped, and nobody can set it.
    public static let system = Timepiece(ContinuousClock())
}

/// What a calendar on the wall shows. Only ever written into objects for people to read; nothing is decided by it,
/// because two machines' calendars differ.
public struct WallClock: Sendable {
    public let microsecondsSince1970: @Sendable () -> Int64

    public init(_ microsecondsSince1970: @escaping @Sendable () -> Int64) {
        self.microsecondsSince1970 = microsecondsSince1970
    }

    public static let system = WallClock {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// As `metav1.MicroTime` is written: `2026-11-21T03:45:00.000123Z`.
    public static func microTime(_ microsecondsSince1970: Int64) -> String {
        let time = CivilTime(microseconds: microsecondsSince1970)
        func padded(_ number: Int64, _ digits: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        let day = "\(padded(time.year, 4))-\(padded(time.month, 2))-\(padded(time.day, 2))"
        let clock = "\(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
        return "\(day)T\(clock).\(padded(time.microsecond, 6))Z"
    }
}

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

extension Duration {
    /// In seconds, for metrics and for arithmetic that needs fractions.
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}

extension CivilTime {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that HTTP servers may send (RFC 9110 §5.6.7).
    package init?(http text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 6, let day = Int64(parts[1]),
            let month = Self.months.firstIndex(of: String(parts[2])), let year = Int64(parts[3])
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int64($0) }
        guard clock.count == 3 else { return nil }
        self.init(
            year: year, month: Int64(month) + 1, day: day, hour: clock[0], minute: clock[1], second: clock[2])
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

extension DurationText {
    /// `nil` for anything else, a bare number included (what would it count?); `0` needs no unit.
    package static func parse(_ text: String) -> Duration? { milliseconds(text).map { .milliseconds($0) } }

    /// The shortest text that `parse` reads as this duration, to the millisecond.
    package static func print(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return print(milliseconds: seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
