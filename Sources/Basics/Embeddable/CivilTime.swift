/// A moment in the proleptic Gregorian calendar, UTC, without leap seconds.
package struct CivilTime: Sendable, Equatable {
    package let microsecondsSince1970: Int64
    package let year: Int64
    package let month: Int64
    package let day: Int64
    /// From 1.
    package let dayOfYear: Int64
    package let hour: Int64
    package let minute: Int64
    package let second: Int64
    package let microsecond: Int64

    /// Howard Hinnant's `civil_from_days`: in years that begin in March the leap day comes last.
    package init(microseconds: Int64) {
        microsecondsSince1970 = microseconds
        let seconds = floorDivide(microseconds, by: 1_000_000)
        microsecond = microseconds - seconds * 1_000_000
        let days = floorDivide(seconds, by: 86_400)
        let secondOfDay = seconds - days * 86_400
        hour = secondOfDay / 3600
        minute = secondOfDay % 3600 / 60
        second = secondOfDay % 60

        let daysFromYearZero = days + 719_468
        let era = floorDivide(daysFromYearZero, by: 146_097)
        let dayOfEra = daysFromYearZero - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        dayOfYear = month <= 2 ? dayFromMarch - 305 : dayFromMarch + 60 + (isLeap ? 1 : 0)
    }

    package init(secondsSince1970: Int64) {
        self.init(microseconds: secondsSince1970 * 1_000_000)
    }

    /// Hinnant's `days_from_civil`. `nil` where a field is out of its range in years 1 to 9999; a leap second (60) is
    /// the next minute's first, a day that its month lacks falls into the next month.
    package init?(year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour),
            (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, by: 400)
        let yearOfEra = marchYear - era * 400
        let dayFromMarch = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayFromMarch
        let days = era * 146_097 + dayOfEra - 719_468
        self.init(secondsSince1970: days * 86_400 + hour * 3600 + minute * 60 + second)
    }

    package var secondsSince1970: Int64 { floorDivide(microsecondsSince1970, by: 1_000_000) }
}

private func floorDivide(_ number: Int64, by divisor: Int64) -> Int64 {
    number >= 0 ? number / divisor : (number - divisor + 1) / divisor
}

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
