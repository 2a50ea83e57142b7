/// How a container is told from inside to end.
package struct ExecStop: Sendable, Hashable {
    /// Sent to process 1 where there is no `command`; without `SIG`.
    package var signal: String
    /// Instead of sending a signal; empty: none.
    package var command: [String]
    /// Whether the container is known to exit with 0 after that.
    package var exitsWithZero: Bool

    package init(signal: String = "TERM", command: [String] = [], exitsWithZero: Bool = false) {
        self.signal = signal
        self.command = command
        self.exitsWithZero = exitsWithZero
    }

    /// In the order in which they are tried. Containers have a `kill` or a shell that has one built in, or cannot be
    /// signalled this way.
    package var commands: [[String]] {
        guard command.isEmpty else { return [command] }
        return [
            ["kill", "-\(signal)", "1"], ["sh", "-c", "kill -\(signal) 1"], ["/bin/sh", "-c", "kill -\(signal) 1"],
        ]
    }
}
