internal import Basics
internal import Glibc
package import Logging
internal import YAMLTree

/// Writes log events as lines of text or JSON. Whatever a message holds, it stays on one line.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogFormat
    private let output: any LogOutput
    private let now: @Sendable () -> LogTime

    /// Longer messages are cut, so that no server's answer can flood the log.
    static let maximumLength = 16 << 10

    package init(label: String, level: Logger.Level, format: LogFormat, output: any LogOutput = StandardErrorOutput()) {
        self.init(label: label, level: level, format: format, output: output, now: LogTime.now)
    }

    init(
        label: String, level: Logger.Level, format: LogFormat, output: any LogOutput,
        now: @escaping @Sendable () -> LogTime
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.output = output
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
        if let own = event.metadata { fields.merge(own) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        let sorted = fields.sorted { $0.key < $1.key }
        var line: [UInt8] = []
        line.reserveCapacity(256)
        switch format {
        case .text: appendText(event, sorted, to: &line)
        case .json: appendJSON(event, sorted, to: &line)
        }
        line.append(UInt8(ascii: "\n"))
        output.write(line)
    }

    private func appendText(
        _ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)], to line: inout [UInt8]
    ) {
        now().append(to: &line)
        line += " \(event.level.column) ".utf8
        Self.cut(event.message.description).appendOnOneLine(to: &line)
        for (key, value) in fields {
            line += " \(key)=".utf8
            let text = Self.cut(value.description)
            if text.isEmpty || text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3D }) {
                text.appendAsPrintableJSON(to: &line)
            } else {
                text.appendOnOneLine(to: &line)
            }
        }
    }

    private func appendJSON(
        _ event: LogEvent, _ fields: [(key: String, value: Logger.MetadataValue)], to line: inout [UInt8]
    ) {
        line += #"{"time":""#.utf8
        now().append(to: &line)
        line += #"","level":"\#(event.level.rawValue)","logger":"#.utf8
        label.appendAsPrintableJSON(to: &line)
        line += #","message":"#.utf8
        Self.cut(event.message.description).appendAsPrintableJSON(to: &line)
        for (key, value) in fields {
            line.append(UInt8(ascii: ","))
            (Self.ownKeys.contains(key) ? "field.\(key)" : key).appendAsJSON(to: &line)
            line.append(UInt8(ascii: ":"))
            Self.cut(value.description).appendAsPrintableJSON(to: &line)
        }
        line.append(UInt8(ascii: "}"))
    }

    /// Never twice in one object.
    private static let ownKeys: Set = ["time", "level", "logger", "message"]

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumLength else { return text }
        return String(decoding: text.utf8.prefix(maximumLength), as: UTF8.self) + "…"
    }
}

extension Logger.Level {
    /// Five letters, so that messages stand below each other.
    fileprivate var column: String {
        switch self {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO "
        case .notice: "NOTE "
        case .warning: "WARN "
        case .error: "ERROR"
        case .critical: "FATAL"
        }
    }
}

extension String {
    /// Control characters as escapes, so that no text can start a line of its own or drive a terminal.
    fileprivate func appendOnOneLine(to bytes: inout [UInt8]) {
        var line: [UInt8] = []
        for byte in utf8 {
            switch byte {
            case 0x0A: line += "\\n".utf8
            case 0x0D: line += "\\r".utf8
            case 0x09: line += "\\t".utf8
            case ..<0x20, 0x7F: line += ("\\x" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)).utf8
            default: line.append(byte)
            }
        }
        bytes +=
            line.allSatisfy { $0 < 0x80 }
            ? line : Array(String(decoding: line, as: UTF8.self).printable(limit: .max).utf8)
    }

    /// As JSON, with escapes in place of what a terminal would obey.
    fileprivate func appendAsPrintableJSON(to bytes: inout [UInt8]) {
        var json: [UInt8] = []
        appendAsJSON(to: &json)
        bytes += json.allSatisfy { $0 < 0x7F } ? json : Array(String(decoding: json, as: UTF8.self).printableJSON.utf8)
    }
}

/// The moment of a log line.
struct LogTime: Sendable {
    /// Since 1970.
    var seconds: Int
    var milliseconds: Int

    static func now() -> LogTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return LogTime(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// RFC 3339 in UTC with milliseconds.
    func append(to bytes: inout [UInt8]) {
        var seconds = seconds
        var parts = tm()
        gmtime_r(&seconds, &parts)
        append(Int(parts.tm_year) + 1900, digits: 4, before: "-", to: &bytes)
        append(Int(parts.tm_mon) + 1, digits: 2, before: "-", to: &bytes)
        append(Int(parts.tm_mday), digits: 2, before: "T", to: &bytes)
        append(Int(parts.tm_hour), digits: 2, before: ":", to: &bytes)
        append(Int(parts.tm_min), digits: 2, before: ":", to: &bytes)
        append(Int(parts.tm_sec), digits: 2, before: ".", to: &bytes)
        append(milliseconds, digits: 3, before: "Z", to: &bytes)
    }

    private func append(_ number: Int, digits: Int, before mark: Unicode.Scalar, to bytes: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
        bytes.append(UInt8(ascii: mark))
    }
}
