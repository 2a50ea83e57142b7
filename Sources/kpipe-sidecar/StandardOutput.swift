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
