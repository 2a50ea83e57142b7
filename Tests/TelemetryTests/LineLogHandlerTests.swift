import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite struct LineLogHandlerTests {
    final class Memory: LogOutput {
        private let lines = Mutex<[String]>([])

        func write(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }

        var all: [String] { lines.withLock { $0 } }
    }

    /// What one event looks like.
    private func line(_ format: LogFormat, _ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        let memory = Memory()
        var handler = LineLogHandler(
            label: "agent", level: .trace, format: format, output: memory,
            now: { LogTime(seconds: 1_795_232_700, milliseconds: 7) })
        handler[metadataKey: "step"] = "s1"
        var logger = Logger(label: "agent") { _ in handler }
        logger.logLevel = .trace
        logger.warning("\(message)", metadata: metadata)
        return memory.all.joined(separator: "|")
    }

    @Test func `text is for people`() {
        #expect(
            line(.text, "fetched", ["files": "3", "name": "a b", "empty": ""])
                == "2026-11-21T03:45:00.007Z WARN  fetched empty=\"\" files=3 name=\"a b\" step=s1\n")
    }

    @Test func `JSON is for collectors`() {
        #expect(
            line(.json, "say \"hi\"\n", ["time": "noon", "é": "ü"])
                == #"{"time":"2026-11-21T03:45:00.007Z","level":"warning","logger":"agent","message":"say \"hi\"\n","#
                + #""step":"s1","field.time":"noon","é":"ü"}"# + "\n")
    }

    @Test(arguments: LogFormat.allCases)
    func `a message cannot start a line or drive a terminal`(format: LogFormat) {
        let text = line(format, "a\nb\r\u{1B}[31m", ["k": "x\ny"])
        #expect(text.utf8.filter { $0 < 0x20 } == [0x0A])
        #expect(text.hasSuffix("\n"))
        let controls: [Unicode.Scalar] = ["\u{9B}", "\u{202E}", "\u{2028}"]
        for control in controls {
            let text = line(format, "ü\(control)m", ["k": "x\(control)y", "l": "x \(control)y"])
            #expect(!text.unicodeScalars.contains(control) && text.contains("ü"), "\(text)")
        }
    }

    @Test func `an endless message is cut`() {
        let text = line(.text, String(repeating: "x", count: 1 << 20))
        #expect(text.utf8.count < LineLogHandler.maximumLength + 100)
    }
}
