import CLinux
import WorkdirProtocol

/// A file that only grows. What cannot be written is told once and given up: a full disk ends the log, never the program.
struct LogFile {
    private var descriptor: Int32 = -1
    private let path: String
    private(set) var failure: FileError?

    init(path: String) {
        self.path = path
        // O_NOFOLLOW: a link in the volume must not lead us to write elsewhere. O_NONBLOCK: nor a pipe hold us up.
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        descriptor = clinux_open(path, flags, 0o644)
        if descriptor < 0 { failure = .last("open", path) }
    }

    var isOpen: Bool { descriptor >= 0 }

    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { write($0) }
    }

    mutating func write(_ bytes: UnsafeBufferPointer<UInt8>) {
        var rest = UnsafeRawBufferPointer(bytes)
        while isOpen, !rest.isEmpty {
            let count = CLinux.write(descriptor, rest.baseAddress, rest.count)
            if count >= 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if clinux_errno() != EINTR {
                failure = .last("write", path)
                close()
            }
        }
    }

    mutating func close() {
        if isOpen { CLinux.close(descriptor) }
        descriptor = -1
    }

    /// What went wrong, once.
    mutating func takeFailure() -> FileError? {
        defer { failure = nil }
        return failure
    }
}
