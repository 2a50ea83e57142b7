import CLinux

/// A system call that failed: what was attempted, and why it failed.
struct SystemError: Error {
    var attempted: String
    var code: Int32

    static func last(_ attempted: String) -> SystemError {
        SystemError(attempted: attempted, code: clinux_errno())
    }

    var message: String { "cannot \(attempted): \(String(cString: strerror(code)))" }
}
