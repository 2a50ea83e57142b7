import Foundation
import TestSupport
import Testing

/// What fuzzing found or began with, as it is and with every number at its ends, through every parser. A parser that breaks
/// a promise ends the tests: there is nothing to expect but that all of it comes to an end.
@Suite struct CorpusTests {
    /// Where whole numbers stop, of each width, and past them.
    static let extremes = [
        "0", "-0", "-1", "127", "128", "255", "256", "32768", "65536", "2147483647", "2147483648", "-2147483648",
        "-2147483649", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1e999",
        "-1e999", "0.1e-999", String(repeating: "9", count: 400),
    ]

    @Test(arguments: Parser.allCases) func `kept inputs`(parser: Parser) throws {
        let folder = Repository.path("Tests/Fixtures/fuzz/\(parser.rawValue)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        try #require(!names.isEmpty, "\(folder) has no input to begin with")
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
            parser.feed([])
            parser.feed(bytes)
            for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 64)) {
                parser.feed(Array(bytes.prefix(length)))
            }
            for number in numbers(in: bytes).prefix(60) {
                for extreme in Self.extremes {
                    parser.feed(Array(bytes[..<number.lowerBound] + Array(extreme.utf8) + bytes[number.upperBound...]))
                }
            }
        }
    }

    private func numbers(in bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var start: Int?
        for (place, byte) in bytes.enumerated() {
            if (0x30...0x39).contains(byte) {
                start = start ?? place
            } else if let first = start {
                found.append(first..<place)
                start = nil
            }
        }
        return found + (start.map { [$0..<bytes.count] } ?? [])
    }
}
