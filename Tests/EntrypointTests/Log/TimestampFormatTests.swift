import Entrypoint
import Testing

struct TimestampFormatTests {
    private static let start: Int64 = 1_700_000_000_123_456

    @Test(
        arguments: [
            ("iso", start, "2023-11-14T22:13:20.123Z "), ("elapsed", start + 61_234_567, "61.234 "),
            ("elapsed", start - 5, "0.000 "), ("%F %T.%f", start, "2023-11-14 22:13:20.123456 "),
            ("%y%m%d %j %H:%M:%S%z %Z %s 100%%", start, "231114 318 22:13:20+0000 UTC 1700000000 100% "),
            ("[%T]", 0, "[00:00:00] "), ("%F %j", 951_782_400_000_000, "2000-02-29 060 "),
            ("%F %j", 978_220_800_000_000, "2000-12-31 366 "), ("%F %j", 4_107_542_400_000_000, "2100-03-01 060 "),
            ("%F %T.%L", -1, "1969-12-31 23:59:59.999 "),
        ] as [(String, Int64, String)])
    func renders(format: String, time: Int64, expected: String) throws {
        let format = try #require(TimestampFormat(parsing: format))
        #expect(String(decoding: format.render(time, since: Self.start), as: UTF8.self) == expected)
    }

    @Test(arguments: ["", "ISO", "now", "%", "%Q", "%F%", "100%%", "%T\n"])
    func refuses(text: String) {
        #expect(TimestampFormat(parsing: text) == nil)
    }
}
