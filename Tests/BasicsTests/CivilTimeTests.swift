import Foundation
import Testing
import WorkdirProtocol

@testable import Basics

struct CivilTimeTests {
    /// Every 97th day and an odd second of it, from 1600 to 2400, against Foundation's calendar.
    @Test func `agrees with Foundation's calendar, both ways`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for seconds in stride(from: Int64(-11_676_096_000), to: 13_569_465_600, by: 97 * 86_400 + 12_345) {
            let time = CivilTime(secondsSince1970: seconds)
            let date = Date(timeIntervalSince1970: TimeInterval(seconds))
            let expected = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
            #expect(
                [time.year, time.month, time.day, time.hour, time.minute, time.second]
                    == [
                        expected.year, expected.month, expected.day, expected.hour, expected.minute, expected.second,
                    ].map { Int64($0 ?? -1) })
            #expect(time.dayOfYear == Int64(calendar.ordinality(of: .day, in: .year, for: date) ?? -1))
            let back = CivilTime(
                year: time.year, month: time.month, day: time.day, hour: time.hour, minute: time.minute,
                second: time.second)
            #expect(back?.secondsSince1970 == seconds)
        }
    }

    @Test(arguments: [(-1, 999_999, -1), (0, 0, 0), (1_500_000, 500_000, 1)] as [(Int64, Int64, Int64)])
    func `fractions count upwards, before 1970 too`(microseconds: Int64, fraction: Int64, seconds: Int64) {
        let time = CivilTime(microseconds: microseconds)
        #expect(time.microsecond == fraction)
        #expect(time.secondsSince1970 == seconds)
    }

    @Test(arguments: [(0, 1, 1, 0), (10_000, 1, 1, 0), (2026, 13, 1, 0), (2026, 1, 0, 0), (2026, 1, 1, 24)])
    func `fields out of range are no time`(year: Int64, month: Int64, day: Int64, hour: Int64) {
        #expect(CivilTime(year: year, month: month, day: day, hour: hour, minute: 0, second: 0) == nil)
    }
}
