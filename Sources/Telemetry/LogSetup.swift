internal import Basics
internal import Glibc
package import Logging

/// Sets up logging for the process.
package enum LogSetup {
    /// Call once, before the first `Logger` is made.
    package static func bootstrap(level: Logger.Level, format: LogFormat) {
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, level: level, format: format) }
    }
}

/// How log lines look.
package enum LogFormat: String, Sendable, CaseIterable {
    /// For people: `2026-11-21T03:45:00.123Z INFO  fetched the inputs files=3`.
    case text
    /// For collectors: one JSON object on a line.
    case json
}

/// Takes finished log lines, each with its line feed. Called from any thread; one call is one line.
package protocol LogOutput: Sendable {
    func write(_ line: [UInt8])
}

/// Writes each line at once and unbuffered, so that nothing is lost when the process is killed. A line up to the size
/// of a pipe's buffer goes out in one piece, so lines of several threads do not mix.
package struct StandardErrorOutput: LogOutput {
    package init() {}

    package func write(_ line: [UInt8]) {
        // Nobody is left to be told that logging fails.
        _ = line.withUnsafeBytes { Descriptor.write($0, to: STDERR_FILENO, waits: true) }
    }
}
