internal import Glibc

/// Takes finished log lines, each with its line feed. Called from any thread; one call is one line.
package protocol LogOutput: Sendable {
    func write(_ line: [UInt8])
}

/// Writes each line at once and unbuffered, so that nothing is lost when the process is killed. A line up to the size
/// of a pipe's buffer goes out in one piece, so lines of several threads do not mix.
package struct StandardErrorOutput: LogOutput {
    package init() {}

    package func write(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            // Nobody is left to be told that logging fails.
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
