extension CivilTime {
    /// `2013-05-24T00:00:00Z`, with or without a fraction (dropped), `Z` or an offset (RFC 3339).
    package init?(internet text: String) {
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
}

private func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    Int64(String(decoding: digits, as: UTF8.self))
}
