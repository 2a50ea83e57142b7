import WorkdirProtocol

/// Ends a command with an exit status and one clear message on standard error.
struct CommandFailure: Error, CustomStringConvertible {
    var status: Int32
    /// What was attempted, why it failed, what to try. Empty: nothing is said.
    var message: String

    init(_ code: WorkdirProtocol.ExitCode, _ message: String) {
        self.init(status: code.rawValue, message)
    }

    /// A status of another's choice: a child's own, or a probe's 1.
    init(status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }

    var description: String { message }
}
