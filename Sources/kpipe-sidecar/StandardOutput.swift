import Basics
import Glibc
import WorkdirProtocol

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
