internal import Glibc

/// The moment of a log line.
struct LogTime: Sendable {
    /// Since 1970.
    var seconds: Int
    var milliseconds: Int

    static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// RFC 3339 in UTC with milliseconds.
    func append(to bytes: inout [UInt8]) {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        append(Int(parts.tm_year) + 1900, digits: 4, before: "-", to: &bytes)
        append(Int(parts.tm_mon) + 1, digits: 2, before: "-", to: &bytes)
        append(Int(parts.tm_mday), digits: 2, before: "T", to: &bytes)
        append(Int(parts.tm_hour), digits: 2, before: ":", to: &bytes)
        append(Int(parts.tm_min), digits: 2, before: ":", to: &bytes)
        append(Int(parts.tm_sec), digits: 2, before: ".", to: &bytes)
        append(milliseconds, digits: 3, before: "Z", to: &bytes)
    }

    private func append(_ number: Int, digits: Int, before mark: Unicode.Scalar, to bytes: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
        bytes.append(UInt8(ascii: mark))
    }
}
