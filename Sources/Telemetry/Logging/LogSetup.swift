public import Logging

/// Sets up logging for the process.
public enum LogSetup {
    /// Call once, before the first `Logger` is made.
    public static func bootstrap(level: Logger.Level, format: LogFormat) {
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, level: level, format: format) }
    }
}
