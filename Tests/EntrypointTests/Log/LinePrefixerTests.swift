import Entrypoint
import Testing

struct LinePrefixerTests {
    enum Step: Sendable {
        case out(String)
        case error(String)
        case note(String)
        case flush, finish
    }

    @Test(
        arguments: [
            ([.out("a\nb\n")], "OUT> a\nOUT> b\n"),
            ([.out("")], ""),
            ([.out("\n\n")], "OUT> \nOUT> \n"),
            // A line that comes in pieces stays whole, even if the other stream speaks in between.
            ([.out("a"), .out("b"), .error("x\n"), .out("c\n")], "ERROR> x\nOUT> abc\n"),
            ([.out("a\nrest"), .finish], "OUT> a\nOUT> rest\n"),
            // Shown before its end, it goes on where it was, or on a line of its own.
            ([.out("name? "), .flush, .out("joe\n")], "OUT> name? joe\n"),
            ([.out("a"), .flush, .error("x\n"), .out("b\n")], "OUT> a\nERROR> x\nOUT> b\n"),
            ([.out("a"), .flush, .flush, .finish], "OUT> a\n"),
            ([.out("a"), .error("b"), .finish], "OUT> a\nERROR> b\n"),
            ([.note("hello"), .out("a\n")], "WRAPPER> hello\nOUT> a\n"),
            ([.out("a"), .flush, .note("hello"), .finish], "OUT> a\nWRAPPER> hello\n"),
            ([.out("10%\r20%\r"), .finish], "OUT> 10%\r20%\r\n"),
            ([.finish], ""),
        ] as [([Step], String)])
    func prefixes(steps: [Step], expected: String) {
        var prefixer = LinePrefixer()
        var log: [UInt8] = []
        for step in steps {
            switch step {
            case .out(let text): Array(text.utf8).withUnsafeBufferPointer { prefixer.add($0, from: .output, to: &log) }
            case .error(let text): Array(text.utf8).withUnsafeBufferPointer { prefixer.add($0, from: .error, to: &log) }
            case .note(let text): prefixer.add(line: text, from: .wrapper, to: &log)
            case .flush: prefixer.flush(to: &log)
            case .finish: prefixer.finish(to: &log)
            }
        }
        #expect(String(decoding: log, as: UTF8.self) == expected)
    }

    @Test func stampsEveryLineAfterItsPrefix() {
        var prefixer = LinePrefixer()
        var log: [UInt8] = []
        Array("a\nb\n".utf8).withUnsafeBufferPointer {
            prefixer.add($0, from: .error, stamp: Array("1 ".utf8), to: &log)
        }
        #expect(String(decoding: log, as: UTF8.self) == "ERROR> 1 a\nERROR> 1 b\n")
    }

    @Test func holdsNoMoreThanItsLimit() {
        var prefixer = LinePrefixer()
        var log: [UInt8] = []
        let piece = [UInt8](repeating: 0xFF, count: 1000)
        for _ in 0..<1000 { piece.withUnsafeBufferPointer { prefixer.add($0, from: .output, to: &log) } }
        #expect(log.count >= 1_000_000 - LinePrefixer.holdLimit)
        prefixer.finish(to: &log)
        #expect(log == Array("OUT> ".utf8) + [UInt8](repeating: 0xFF, count: 1_000_000) + [0x0A])
    }

    /// However a stream is cut into pieces, the log is the same; every byte, NUL and broken UTF-8 included, arrives.
    @Test func piecesDoNotMatter() {
        var generator = SystemRandomNumberGenerator()
        let bytes =
            (0..<5000).map { _ in [0, 0x0A, 0x0D, 0x80, 0xFF, 0x41].randomElement(using: &generator)! } as [UInt8]
        func log(pieces: Int) -> [UInt8] {
            var prefixer = LinePrefixer()
            var log: [UInt8] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = Array(rest.prefix(Int.random(in: 1...pieces)))
                piece.withUnsafeBufferPointer { prefixer.add($0, from: .output, to: &log) }
                rest = rest.dropFirst(piece.count)
            }
            prefixer.finish(to: &log)
            return log
        }
        #expect(log(pieces: 1) == log(pieces: 5000))
        #expect(log(pieces: 7) == log(pieces: 300))
    }
}
