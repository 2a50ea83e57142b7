package import Logging

/// Sets up logging for the process.
package enum LogSetup {
    /// Call once, before the first `Logger` is made.
    package static func bootstrap(level: Logger.Level, format: LogFormat) {
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, level: level, format: format) }
    }
}
