import CLinux

/// Every signal that can be taken, as a descriptor to wait for. From its making on, none interrupts this process; a
/// blocked SIGPIPE lets writes to closed pipes simply fail.
struct SignalSource {
    let descriptor: Int32
    /// The signals blocked when the process began: what the command is to begin with.
    let original: sigset_t

    init() throws(SystemError) {
        var all = sigset_t()
        sigfillset(&all)
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
