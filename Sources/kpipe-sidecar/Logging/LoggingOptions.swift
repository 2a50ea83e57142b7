import ArgumentParser
import Glibc
import Logging
import Telemetry

/// `--log-level` and `--log-format`, which every command takes.
struct LoggingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tell events from this level on: \(words(Logger.Level.self)). Also KPIPE_LOG_LEVEL.", valueName: "level"),
        completion: .list(Logger.Level.allCases.map(\.rawValue)), transform: parse)
    var logLevel: Logger.Level?

    @Option(
        help: ArgumentHelp(
            "Lines on standard error: \(words(LogFormat.self)). Also KPIPE_LOG_FORMAT.", valueName: "format"),
        completion: .list(LogFormat.allCases.map(\.rawValue)), transform: parse)
    var logFormat: LogFormat?

    func level(default level: Logger.Level) -> Logger.Level {
        logLevel ?? Self.variable("KPIPE_LOG_LEVEL") ?? level
    }

    var format: LogFormat { logFormat ?? Self.variable("KPIPE_LOG_FORMAT") ?? .text }

    /// An unknown word in the environment is no reason to fail.
    private static func variable<Word: RawRepresentable<String>>(_ name: String) -> Word? {
        getenv(name).flatMap { Word(rawValue: String(cString: $0)) }
    }

    @Sendable private static func parse<Word: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Word {
        guard let word = Word(rawValue: text) else { throw ValidationError("expected \(words(Word.self))") }
        return word
    }

    private static func words<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) -> String {
        type.allCases.map(\.rawValue).joined(separator: ", ")
    }
}
