/// A moment in the Gregorian calendar, UTC.
struct CivilTime {
    var secondsSince1970: Int64
    var year: Int64
    var month: Int64
    var day: Int64
    /// From 1.
    var dayOfYear: Int64
    var hour: Int64
    var minute: Int64
    var second: Int64
    var microsecond: Int64

    /// Howard Hinnant's `civil_from_days`: in years that begin in March the leap day comes last.
    init(microseconds: Int64) {
        secondsSince1970 = Self.floor(microseconds, 1_000_000)
        microsecond = microseconds - secondsSince1970 * 1_000_000
        let days = Self.floor(secondsSince1970, 86_400)
        let secondOfDay = secondsSince1970 - days * 86_400
        hour = secondOfDay / 3600
        minute = secondOfDay % 3600 / 60
        second = secondOfDay % 60

        let daysFromYearZero = days + 719_468
        let era = Self.floor(daysFromYearZero, 146_097)
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

    private static func floor(_ number: Int64, _ divisor: Int64) -> Int64 {
        number >= 0 ? number / divisor : (number - divisor + 1) / divisor
    }
}
