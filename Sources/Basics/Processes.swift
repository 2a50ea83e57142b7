internal import CLinux
internal import Glibc
internal import Synchronization

/// A pipe whose ends close with it at the latest. Its reading end never blocks.
package final class Pipe: Sendable {
    package let reading: Int32
    private let write: Mutex<Int32>

    package init?() {
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe(&ends, O_CLOEXEC) == 0 else { return nil }
        clinux_set_nonblocking(ends[0])
        reading = ends[0]
        write = Mutex(ends[1])
    }

    deinit {
        closeWriting()
        close(reading)
    }

    package var writing: Int32 { write.withLock { $0 } }

    /// Idempotent.
    package func closeWriting() {
        write.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}

package enum ProcessEnvironment {
    /// The variables of this process.
    package static var current: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return variables
    }
}
