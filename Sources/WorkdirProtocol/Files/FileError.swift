import CLinux

/// A file operation of the protocol that failed: what was attempted, on what, and why.
package struct FileError: Error, Sendable, Equatable {
    /// What was attempted: `write`, `rename`.
    package var operation: String
    package var path: String
    /// The errno.
    package var code: Int32

    package init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// The error of the call that has just failed.
    package static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: clinux_errno())
    }

    package var message: String {
        "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    }
}

extension FileError: CustomStringConvertible {
    package var description: String { message }
}
