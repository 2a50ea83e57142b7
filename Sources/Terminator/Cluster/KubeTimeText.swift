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
}
