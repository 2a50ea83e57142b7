internal import Glibc

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
