internal import Basics

/// What a preStop hook is for, as far as its words tell.
package enum HookPurpose: Sendable {
    /// It quits its container, or waits for another one to end: spent once the kubelet does both in order.
    case endsOrAwaits
    /// It drains, flushes or stores: work of its own that has to be done, whoever ends the container.
    case works
    case sleeps
    case other

    private static let working = [
        "drain", "flush", "healthcheck/fail", "healthcheck_fail", "envoy shutdown", "-s quit", "cx_active",
        "active_connections", "s3 cp", "s3 sync", "s3 mv", "gsutil", "rclone", "deregister", "/offline",
    ]
    private static let quitting = [
        "quitquitquit", "pkill", "killall", "while ", "until ", "/shutdown", "tail --pid", "/agent/v1/quit", "-s stop",
        "/quit",
    ]
    /// Words by which a hook may end something or wait for its end, for those who cannot look closer.
    package static let ending = quitting + ["kill ", "kill -"]
    /// Signals by which programs are told to do something and go on: fluentd flushes on USR1.
    private static let telling: Set<String> = ["USR1", "USR2", "HUP", "WINCH", "1", "10", "12", "28"]

    /// - Parameters:
    ///   - command: of an `exec`; else empty.
    ///   - path: of an `httpGet`; else empty.
    ///   - sleeps: it is a `sleep` of the kubelet's own.
    package init(command: [String], path: String, sleeps: Bool) {
        let words = command.joined(separator: " ")
        func says(_ signs: [String]) -> Bool { signs.contains { words.mentions($0) || path.mentions($0) } }
        let signals = Self.signals(in: words)
        if says(Self.working) || !signals.isEmpty && signals.allSatisfy(Self.telling.contains) {
            self = .works
        } else if says(Self.quitting) || !signals.isEmpty {
            self = .endsOrAwaits
        } else if sleeps || words.mentions("sleep ") {
            self = .sleeps
        } else {
            self = .other
        }
    }

    /// What each `kill` of a command sends; TERM where it says nothing. `kill -0` only looks.
    private static func signals(in words: String) -> [String] {
        let words = words.split { " ;&|()\n\"'`".contains($0) }.map(String.init)
        return words.indices.filter { ShellCommand.baseName(words[$0]) == "kill" }.map { index in
            let next = words.indices.contains(index + 1) ? words[index + 1] : ""
            guard next.hasPrefix("-") else { return "TERM" }
            let sent =
                next == "-s" || next == "-n" ? words.dropFirst(index + 2).first ?? "" : String(next.dropFirst())
            return sent.hasPrefix("SIG") ? String(sent.dropFirst(3)) : sent
        }.filter { $0 != "0" }
    }
}
