import Glibc
import Logging
import Telemetry

/// What a command says on standard error beside its results: plain lines for people, or the lines of the JSON log.
struct Diagnostics: Sendable {
    /// Less important lines are not told.
    var level = Logger.Level.notice
    var format = LogFormat.text

    private static let name = "kpipe-sidecar"

    /// Sets up the loggers of the process too; once, before the first is made.
    func bootstrap() { LogSetup.bootstrap(level: level, format: format) }

    func say(_ text: String, _ level: Logger.Level = .error) {
        guard level >= self.level, !text.isEmpty else { return }
        switch format {
        case .text: Self.write(lines(text))
        case .json: LineLogHandler(label: Self.name, level: level, format: .json).tell("\(text)", level)
        }
    }

    /// `text` as it stands on standard error, each line with the program's name.
    func lines(_ text: String) -> String {
        text.split(separator: "\n").map { "\(Self.name): \($0)\n" }.joined()
    }

    /// Nobody is left to be told when standard error is closed.
    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

extension LineLogHandler {
    fileprivate func tell(_ message: Logger.Message, _ level: Logger.Level) {
        var logger = Logger(label: "") { _ in self }
        logger.logLevel = level
        logger.log(level: level, message)
    }
}
