internal import Basics

/// What the words of a command ask on the pod's own network: `nc -z localhost 5432` as well as `curl localhost:5432/x`.
package struct LocalWords: Sendable {
    /// Hosts, ports and programs among them, each alone: `postgres://user@127.0.0.1:5432/db` has the token `127.0.0.1:5432`.
    package let tokens: Set<String>

    private static let loopback = ["localhost", "127.0.0.1", "::1"]
    /// What stands for the pod's own address in a text.
    package static let ownAddress = "pod-ip"
    /// As scripts and the kubelet's variables call it.
    private static let ownNames = ["POD_IP", "MY_POD_IP", "HOSTNAME", "hostname -i", "hostname -I", "hostname"]
        .flatMap { ["$(\($0))", "${\($0)}", "$\($0)"] }
    private static let hosts = loopback + [ownAddress]
    private static let schemes = [("http://", "80"), ("https://", "443")]
    /// Clients that ask the pod itself, on this port, where their words do not say otherwise.
    private static let clients = [
        "pg_isready": "5432", "psql": "5432", "mysqladmin": "3306", "mysql": "3306", "mariadb-admin": "3306",
        "redis-cli": "6379", "valkey-cli": "6379", "mongosh": "27017", "mongo": "27017",
    ]
    /// Programs that wait for a port, and then run what follows.
    package static let waiters = [
        "wait-for-it", "wait-for", "wait_for_it", "wait4x", "waitforit", "wait-on", "dockerize",
    ]
    private static let loops = ["until", "while"]

    /// - Parameter asks: a client that names neither host nor port counts with those that it takes then.
    package init(_ texts: [String], asks: Bool = false) {
        var tokens = Set(texts.flatMap(Self.tokens))
        if asks, let port = Self.clients.first(where: { tokens.contains($0.key) })?.value {
            func says(_ flags: String...) -> Bool {
                tokens.contains { token in flags.contains(where: token.hasPrefix) }
            }
            if !says("-h", "--host", "-u", "--uri") { tokens.insert(Self.hosts[0]) }
            if !says("-p", "-P", "--port") { tokens.insert(port) }
        }
        self.tokens = tokens
    }

    private static func tokens(_ text: String) -> [String] {
        local(text).split { character in
            !(character.isLetter || character.isNumber || "._:-/".contains(character))
        }.flatMap { word in
            // `-p5432`, `localhost:$PORT`
            let joined = word.hasPrefix("-") && !word.hasPrefix("--") ? [String(word.dropFirst(2))] : []
            return [String(word)] + joined
                + word.split(separator: "/").map { part in
                    String(part.hasSuffix(":") ? part.dropLast() : part)
                }
        }
    }

    private static func local(_ text: String) -> String {
        let text = text.mentions("[::1]") ? text.replacing("[::1]", with: hosts[0]) : text
        guard text.mentions("$") || text.mentions(ownAddress) else { return text }
        return ownNames.reduce(text) { $0.replacing($1, with: ownAddress) }
            .replacing("[\(ownAddress)]", with: ownAddress)
    }

    /// Whether the pod's own network is named, whatever port of it.
    package var nameThisPod: Bool { Self.hosts.contains(where: tokens.contains) }

    /// The ports of the pod's own network that are named, with their host or beside it.
    package var ports: Set<String> {
        var ports: Set<String> = nameThisPod ? tokens.filter { UInt16($0) != nil } : []
        for host in (Self.hosts + ["0.0.0.0"]).map({ $0 + ":" }) {
            for token in tokens where token.hasPrefix(host) { ports.insert(String(token.dropFirst(host.count))) }
        }
        for (scheme, port) in Self.schemes {
            let addresses = Self.hosts.map { scheme + $0 }
            let isNamed = tokens.contains { token in
                addresses.contains { token == $0 || token.hasPrefix("\($0)/") }
            }
            if isNamed { ports.insert(port) }
        }
        return ports
    }

    /// Whether localhost is named with ports, none of which is among these.
    package func askOthers(than ports: [String]) -> Bool {
        let asked = tokens.filter { token in Self.hosts.contains { token.hasPrefix("\($0):") } }
        return !asked.isEmpty
            && !asked.contains { token in ports.contains { token.hasSuffix(":\($0)") } }
    }

    /// Whether a text names localhost, alone, with a port or in an address.
    package static func mentioned(in text: String) -> Bool {
        text.mentions("localhost") || text.mentions("127.0.0.1") || text.mentions("[::1]")
            || text.mentions("::1") && LocalWords([text]).tokens.contains("::1")
    }

    /// Whether a program waits before it does what it is for: by a loop of its shell, or by a program that waits.
    package static func wait(_ words: [String]) -> Bool {
        // Of a command that waits for nothing, as most do, no word has any of these even as a part.
        guard words.contains(where: { (loops + waiters).contains(where: $0.mentions) }) else { return false }
        let programs = words.flatMap(tokens).map { $0.hasSuffix(".sh") ? String($0.dropLast(3)) : $0 }
        if programs.contains(where: waiters.contains) { return true }
        return words.contains { word in
            let script = ShellToken.all(in: word)
            let isLeft = script.contains(.word("break"))
            // Behind this what serves runs already.
            let beside = script.firstIndex(of: .background) ?? script.endIndex
            return script.indices.contains { index in
                guard index <= beside, loops.contains(where: { script[index] == .word($0) }) else { return false }
                // Endless loops are a program's work, unless something leaves them.
                let goesOn: [ShellToken] = ["true", ":", "1", "false", "sleep", "read"].map { .word($0) }
                return !script.dropFirst(index + 1).prefix(1).contains(where: goesOn.contains)
                    || isLeft
            }
        }
    }
}
