/// A way to end a sidecar. What a rung does to the container's exit code decides where it may stand.
package enum Rung: String, Sendable, Hashable, CaseIterable {
    /// Asks the sidecar's own quit endpoint: it ends as it likes to.
    case http
    /// Swaps the image for one that exits 0. Restarts the container once, whatever its policy.
    case image
    /// Kruise's ContainerRecreateRequest: SIGTERM, then SIGKILL, by its daemon.
    case crr
    /// Our node agent: SIGTERM, then SIGKILL, by the container runtime.
    case node
    /// SIGTERM to process 1 through the container's own shell or `kill`.
    case exec
    /// The same signal from an ephemeral container beside it, for images without a shell or `kill`.
    case debug
    /// Holds the pod's phase at main's result, so that the Job counts that.
    case hold
    /// Has the kubelet end a pod whose phase is held, in the end by a deadline. Follows a hold; is not configured.
    case deadline

    /// What an operator may put into a ladder, in the order of the default.
    package static let configurable: [Rung] = [.http, .image, .crr, .node, .exec, .debug, .hold]

    /// Rungs that exist without a machine behind the node.
    package static let onVirtualNodes: Set<Rung> = [.http, .image, .hold, .deadline]

    /// Whether the sidecar gets a SIGTERM, so that it ends with whatever code it makes of that.
    package var isSignal: Bool { self == .crr || self == .node || self == .exec || self == .debug }
}

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

    /// SIGTERM to process 1, and nothing else.
    package var isTerm: Bool { command.isEmpty && signal == "TERM" }

    /// In the order in which they are tried. Containers have a `kill` or a shell that has one built in, or cannot be
    /// signalled this way.
    package var commands: [[String]] {
        guard command.isEmpty else { return [command] }
        return [
            ["kill", "-\(signal)", "1"], ["sh", "-c", "kill -\(signal) 1"], ["/bin/sh", "-c", "kill -\(signal) 1"],
        ]
    }
}
