internal import Basics

/// Whether a program ends by itself, as far as its command line tells. Cautious: what is not known runs on.
package enum ProgramLife {
    /// Programs that do one thing and end.
    private static let ending: Set<String> = [
        "[", "awk", "aws", "cat", "chmod", "chown", "cp", "curl", "date", "echo", "exit", "false", "grep", "gsutil",
        "gunzip", "gzip", "head", "ln", "ls", "mkdir", "mv", "printf", "rm", "sed", "sort", "sync", "tar", "test",
        "touch", "true", "unzip", "wget",
    ]
    private static let shells: Set<String> = ["sh", "bash", "ash", "dash"]
    private static let separators: Set<Character> = [";", "\n", "|"]

    /// - Parameter words: the program and its arguments, one by one.
    package static func endsByItself(_ words: [String]) -> Bool {
        guard let program = words.first.map(baseName) else { return false }
        guard shells.contains(program) else { return ending.contains(program) }
        guard let flag = words.firstIndex(where: { $0.hasPrefix("-") && $0.hasSuffix("c") }),
            words.indices.contains(flag + 1)
        else { return false }
        return scriptEnds(words[flag + 1])
    }

    /// The last command decides, unless something runs on in the background.
    private static func scriptEnds(_ script: String) -> Bool {
        let commands = script.replacing("&&", with: ";").split(whereSeparator: separators.contains)
            .map { $0.split(separator: " ").map(String.init) }.filter { !$0.isEmpty }
        guard let last = commands.last, !script.replacing("&&", with: ";").replacing(">&", with: ">").contains("&")
        else { return false }
        return last.first.map { ending.contains(baseName($0)) } ?? false
    }

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }
}

/// What a preStop hook is for, as far as its words tell.
package enum HookPurpose: Sendable {
    case endsOrAwaits
    case sleeps
    case other

    /// Words by which a hook ends something, or waits for its end.
    package static let ending = [
        "quitquitquit", "pkill", "kill ", "kill -", "killall", "while ", "until ", "/shutdown", "tail --pid",
    ]

    /// - Parameters:
    ///   - command: of an `exec`; else empty.
    ///   - path: of an `httpGet`; else empty.
    ///   - sleeps: it is a `sleep` of the kubelet's own.
    package init(command: [String], path: String, sleeps: Bool) {
        let words = command.joined(separator: " ")
        if Self.ending.contains(where: { words.mentions($0) || path.mentions($0) }) {
            self = .endsOrAwaits
        } else if sleeps || words.mentions("sleep ") {
            self = .sleeps
        } else {
            self = .other
        }
    }
}

/// What a probe asks: a port over the network, or whatever its command asks.
package struct ProbeTarget: Sendable {
    /// Of an `httpGet`, `tcpSocket` or `grpc`, a number or a name; `nil` where the probe is a command.
    private let port: String?
    private let host: String
    private let command: String

    private static let local = ["localhost", "127.0.0.1"]

    package init(port: String?, host: String, command: [String]) {
        self.port = port
        self.host = host
        self.command = command.joined(separator: " ") + " "
    }

    /// The port of another container of the pod that is asked, if it is one.
    ///
    /// - Parameters:
    ///   - own: numbers and names of the ports of the container that is probed.
    ///   - others: those of the other containers.
    package func port(beside own: [String], of others: [String]) -> String? {
        let others = others.filter { !own.contains($0) }
        if let port, host.isEmpty || Self.local.contains(host) { return others.first { $0 == port } }
        return others.first { port in
            Self.local.contains { command.mentions("\($0):\(port)/") || command.mentions("\($0):\(port) ") }
        }
    }
}
