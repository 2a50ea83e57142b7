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
