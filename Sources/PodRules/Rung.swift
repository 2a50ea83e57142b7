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
    /// Holds the pod's phase at main's result until the Job has counted it.
    case hold
    /// Lets the kubelet end a pod that was held and counted, by a deadline. Follows a hold; is not configured.
    case deadline

    /// What an operator may put into a ladder, in the order of the default.
    package static let configurable: [Rung] = [.http, .image, .crr, .node, .exec, .hold]

    /// Rungs that exist without a machine behind the node.
    package static let onVirtualNodes: Set<Rung> = [.http, .image, .hold, .deadline]

    /// Whether the sidecar gets a SIGTERM, so that it ends with whatever code it makes of that.
    package var isSignal: Bool { self == .crr || self == .node || self == .exec }
}

/// How to ask a sidecar to leave: `POST :15020/quitquitquit`. It is asked inside its pod, on localhost.
package struct QuitEndpoint: Sendable, Hashable, CustomStringConvertible {
    package var method: String
    package var port: Int
    /// Absolute, with a query where there is one.
    package var path: String

    package init(method: String = "POST", port: Int, path: String) {
        self.method = method
        self.port = port
        self.path = path
    }

    /// What to write, for messages.
    package static let expectation = "an endpoint such as POST :15020/quitquitquit"
    private static let methods: Set<String> = ["GET", "POST", "PUT", "DELETE"]

    /// `[METHOD ][http://localhost|http://127.0.0.1]:PORT[/PATH]`. Anything else is `nil`: the text comes from an
    /// annotation and ends up in a request line, so nothing that could end that line early gets through.
    package init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard (1...2).contains(words.count), text.utf8.count <= 1024, let address = words.last else { return nil }
        method = words.count == 2 ? String(words[0]) : "POST"
        var rest = address
        for prefix in ["http://localhost", "http://127.0.0.1"] where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
        }
        guard Self.methods.contains(method), rest.first == ":" else { return nil }
        let digits = rest.dropFirst().prefix { "0" <= $0 && $0 <= "9" }
        let tail = rest.dropFirst(1 + digits.count)
        guard let port = Int(digits), (1...65535).contains(port), tail.isEmpty || tail.first == "/",
            tail.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self.port = port
        path = tail.isEmpty ? "/" : String(tail)
    }

    package var description: String { "\(method) :\(port)\(path)" }
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

    /// In the order in which they are tried. Containers have a `kill` or a shell that has one built in, or cannot be
    /// signalled this way.
    package var commands: [[String]] {
        guard command.isEmpty else { return [command] }
        return [
            ["kill", "-\(signal)", "1"], ["sh", "-c", "kill -\(signal) 1"], ["/bin/sh", "-c", "kill -\(signal) 1"],
        ]
    }
}
