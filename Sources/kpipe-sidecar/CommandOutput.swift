import ArgumentParser
import Basics
import Glibc
import Logging
import Telemetry
import WorkdirProtocol

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
        text.split(separator: "\n").map { "\(Self.name): \($0.printable(limit: 4096))\n" }.joined()
    }

    /// Nobody is left to be told when standard error is closed.
    static func write(_ text: String) {
        _ = ManifestFiles.writeAll(Array(text.utf8), to: STDERR_FILENO)
    }
}

extension LineLogHandler {
    fileprivate func tell(_ message: Logger.Message, _ level: Logger.Level) {
        var logger = Logger(label: "") { _ in self }
        logger.logLevel = level
        logger.log(level: level, message)
    }
}

/// Ends a command with an exit status and one clear message on standard error.
struct CommandFailure: Error, CustomStringConvertible {
    var status: Int32
    /// What was attempted, why it failed, what to try. Empty: nothing is said.
    var message: String

    init(_ code: WorkdirProtocol.ExitCode, _ message: String) {
        self.init(status: code.rawValue, message)
    }

    /// A status of another's choice: a child's own, or a probe's 1.
    init(status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }

    var description: String { message }
}

/// A command with `--log-level` and `--log-format`, which is every command. `main` sets logging up from them before the
/// command runs.
protocol LoggedCommand: ParsableCommand {
    /// From here on events are told where neither option nor variable says otherwise.
    static var defaultLogLevel: Logger.Level { get }

    var logging: LoggingOptions { get }
}

extension LoggedCommand {
    static var defaultLogLevel: Logger.Level { .notice }

    var diagnostics: Diagnostics {
        Diagnostics(level: logging.level(default: Self.defaultLogLevel), format: logging.format)
    }
}

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

/// What commands give as their result. A full disk is told and is a failure: half a result is none.
enum StandardOutput {
    /// Writes all of `bytes` at once.
    ///
    /// - Returns: whether somebody still reads. A reader who has seen enough, as `head` does, is no failure.
    @discardableResult
    static func write(_ bytes: some Sequence<UInt8>) throws(CommandFailure) -> Bool {
        if ManifestFiles.writeAll(Array(bytes), to: STDOUT_FILENO) { return true }
        let code = errno
        guard code != EPIPE else { return false }
        throw CommandFailure(.inputOutput, "cannot write to standard output: \(String(cString: strerror(code)))")
    }

    @discardableResult
    static func write(_ text: String) throws(CommandFailure) -> Bool { try write(text.utf8) }
}

/// The three streams that a program begins with.
enum ProgramStreams {
    /// One that is closed would be whatever is opened first, and what is written to it would go into a connection. In its
    /// place is what can be neither read nor written as it would be.
    static func occupy() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Whether `descriptor` is a terminal that obeys escape sequences.
    static func isScreen(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1 && ProcessEnvironment.current["TERM"] != "dumb"
    }

    /// Whether colours are wanted there (no-color.org).
    static func showsColours(isScreen: Bool, _ environment: [String: String] = ProcessEnvironment.current) -> Bool {
        isScreen && (environment["NO_COLOR"] ?? "").isEmpty
    }
}
