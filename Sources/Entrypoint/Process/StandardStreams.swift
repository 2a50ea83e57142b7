import CLinux

/// Descriptors 0 to 2, on which everything relies.
enum StandardStreams {
    /// Fills gaps, so that no file of ours takes such a number: a closed input becomes one at its end, a closed output one
    /// that nobody reads. Needs no /dev/null, which an image may lack.
    static func makeComplete() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where !clinux_is_open(descriptor) {
            var ends: [Int32] = [-1, -1]
            guard clinux_pipe(&ends, 0) == 0 else { return }
            let kept = descriptor == STDIN_FILENO ? ends[0] : ends[1]
            dup2(kept, descriptor)
            for end in ends where end != descriptor { close(end) }
        }
    }
}
