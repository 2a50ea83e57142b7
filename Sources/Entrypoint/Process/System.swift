import CLinux

/// The system's clocks.
enum Clock {
    /// Milliseconds since some moment; never goes back.
    static func monotonic() -> Int64 {
        let time = read(CLOCK_MONOTONIC)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Microseconds since 1970.
    static func wall() -> Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}

/// Every signal that can be taken, as a descriptor to wait for. From its making on, none interrupts this process; a
/// blocked SIGPIPE lets writes to closed pipes simply fail.
struct SignalSource {
    let descriptor: Int32
    /// The signals blocked when the process began: what the command is to begin with.
    let original: sigset_t

    init() throws(SystemError) {
        var all = sigset_t()
        sigfillset(&all)
        // Whoever started us may ignore it, and we would: children would then end without a word.
        signal(SIGCHLD, nil)
        // A fault of our own must end us where it happens.
        for signal in [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS] { sigdelset(&all, signal) }
        var original = sigset_t()
        sigprocmask(SIG_BLOCK, &all, &original)
        self.original = original
        descriptor = signalfd(-1, &all, Int32(SFD_NONBLOCK | SFD_CLOEXEC))
        guard descriptor >= 0 else { throw .last("wait for signals") }
    }

    /// The next pending signal; nil: none.
    func next() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard read(descriptor, &info, size) == size else { return nil }
        return Int32(bitPattern: info.ssi_signo)
    }
}

/// A system call that failed: what was attempted, and why it failed.
struct SystemError: Error {
    var attempted: String
    var code: Int32

    static func last(_ attempted: String) -> SystemError {
        SystemError(attempted: attempted, code: clinux_errno())
    }

    var message: String { "cannot \(attempted): \(String(cString: strerror(code)))" }
}

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

/// Our own words to whoever started us.
enum Console {
    static let programName = "kpipe-entrypoint"

    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func complain(_ message: String) { write("\(programName): \(message)\n", to: STDERR_FILENO) }

    /// What cannot be said is left unsaid.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
