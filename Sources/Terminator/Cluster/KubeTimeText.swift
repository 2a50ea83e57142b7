internal import Basics
internal import WorkdirProtocol

/// Times as `metav1.Time` is written.
enum KubeTimeText {
    /// `2026-11-21T03:45:00Z`.
    static func seconds(_ secondsSince1970: Int64) -> String {
        let time = CivilTime(microseconds: secondsSince1970 * 1_000_000)
        func padded(_ number: Int64, _ digits: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        return "\(padded(time.year, 4))-\(padded(time.month))-\(padded(time.day))"
            + "T\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))Z"
    }

    /// Seconds since 1970 of a `metav1.Time` or `MicroTime`; `nil` for anything else.
    static func seconds(of text: String) -> Int64? {
        guard text.last == "Z" else { return nil }
        let parts = text.dropLast().split(whereSeparator: { "-T:".contains($0) })
        let numbers = parts.compactMap { Int64($0.prefix { $0 != "." }) }
        guard parts.count == 6, numbers.count == 6 else { return nil }
        return CivilTime(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5])?.secondsSince1970
    }
}
