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
            tail.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), Self.staysBelow(tail)
        else { return nil }
        self.port = port
        path = tail.isEmpty ? "/" : String(tail)
    }

    /// Whether a path leads nowhere but down, in whatever way a server or proxy on its way reads it: it may be put behind
    /// the path of a pod's proxy, and `..` would then be another object of the API server.
    private static func staysBelow(_ tail: Substring) -> Bool {
        let path = tail.prefix { $0 != "?" }.lowercased()
        guard !path.hasPrefix("//"), !path.contains("\\"), !tail.contains("#") else { return false }
        // Encoded twice they would be seen by whoever decodes twice.
        guard !["%2e", "%2f", "%5c", "%25"].contains(where: { path.contains($0) }) else { return false }
        return !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    /// Whether a role allows it through the API server's proxy, where PUT would be the verb `update`, DELETE `delete`.
    package var suitsProxy: Bool { method == "GET" || method == "POST" }

    package var description: String { "\(method) :\(port)\(path)" }
}
