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
