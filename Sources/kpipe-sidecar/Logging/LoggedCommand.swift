import ArgumentParser
import Logging

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
