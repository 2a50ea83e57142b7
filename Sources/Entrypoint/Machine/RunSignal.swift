import CLinux

/// Signals by what they mean to a run.
enum RunSignal {
    static let terminate = SIGTERM
    static let kill = SIGKILL

    /// Signals that ask a program to end.
    static func ends(_ signal: Int32) -> Bool {
        signal == SIGTERM || signal == SIGINT || signal == SIGQUIT
    }

    /// Signals that are not the command's: those that mean a defect of our own, news of children, broken pipes, which
    /// writing reports better, and the terminal's to a background process.
    static let own: [Int32] = [
        SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGCHLD, SIGPIPE, SIGTTIN, SIGTTOU,
    ]
}
