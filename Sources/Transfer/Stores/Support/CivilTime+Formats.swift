internal import WorkdirProtocol

/// The forms in which stores write a date.
extension CivilTime {
    /// `20130524T000000Z`, as signatures want it.
    var basic: String {
        "\(padded(year, 4))\(padded(month, 2))\(padded(day, 2))T\(padded(hour, 2))\(padded(minute, 2))\(padded(second, 2))Z"
    }

    /// `2013-05-24T00:00:00Z`, with or without a fraction (dropped), `Z` or an offset (RFC 3339).
    init?(internet text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]), let day = number(bytes[8..<10]),
            let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]),
            let time = CivilTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var zone = bytes[19...]
        if zone.first == UInt8(ascii: ".") { zone = zone.dropFirst().drop { (0x30...0x39).contains($0) } }
        if zone.elementsEqual("Z".utf8) || zone.elementsEqual("z".utf8) {
            self = time
            return
        }
        let digits = Array(zone.dropFirst())
        guard let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), digits.count == 5,
            let hours = number(digits[0..<2]), let minutes = number(digits[3..<5])
        else { return nil }
        let offset = hours * 3600 + minutes * 60
        self.init(secondsSince1970: time.secondsSince1970 + (sign == UInt8(ascii: "+") ? -offset : offset))
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that HTTP servers may send (RFC 9110 §5.6.7).
    init?(http text: String) {
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

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    Int64(String(decoding: digits, as: UTF8.self))
}
