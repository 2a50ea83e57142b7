internal import Basics

/// What a preStop hook is for, as far as its words tell.
package enum HookPurpose: Sendable {
    /// It quits its container, or waits for another one to end, and does nothing else: spent once the kubelet does both in
    /// order.
    case endsOrAwaits
    /// It drains, flushes or stores: work of its own that has to be done, whoever ends the container.
    case works
    case sleeps
    case other

    /// Words that mean work, whatever stands beside them.
    package static let working = [
        "drain", "flush", "healthcheck/fail", "healthcheck_fail", "envoy shutdown", "-s quit", "cx_active",
        "active_connections", "s3 cp", "s3 sync", "s3 mv", "gsutil", "rclone", "deregister", "/offline",
    ]
    /// Words by which a program or an address quits.
    package static let quitting = ["quitquitquit", "/shutdown", "/agent/v1/quit", "-s stop", "/quit"]
    /// Words by which a hook may end something or wait for its end, for those who cannot look closer.
    package static let ending =
        quitting + ["pkill", "killall", "while ", "until ", "tail --pid", "kill ", "kill -"]

    /// - Parameters:
    ///   - command: of an `exec`; else empty.
    ///   - path: of an `httpGet`; else empty.
    ///   - sleeps: it is a `sleep` of the kubelet's own.
    ///   - ownPaths: where volumes lie in the container that no other one has: nobody else leaves a file there.
    package init(command: [String], path: String, sleeps: Bool, ownPaths: [String] = []) {
        let words = command.joined(separator: " ")
        func says(_ signs: [String]) -> Bool { signs.contains { words.mentions($0) || path.mentions($0) } }
        let acts = HookScript(ownPaths: ownPaths).acts(of: command)
        let isEnding = acts.contains(.quits) || acts.contains(.awaits) || Self.quitting.contains(where: path.mentions)
        if says(Self.working) || acts.contains(.works) || isEnding && acts.contains(.other) {
            self = .works
        } else if isEnding {
            self = .endsOrAwaits
        } else if sleeps || acts.contains(.sleeps) {
            self = .sleeps
        } else {
            self = .other
        }
    }
}

/// Reads a hook's command for what each of its commands does.
struct HookScript {
    enum Act: Sendable { case quits, awaits, sleeps, works, nothing, other }

    let ownPaths: [String]

    /// Signals by which programs are told to do something and go on, or to finish what they have begun where TERM would cut
    /// it: fluentd flushes on USR1, nginx and Unicorn drain on QUIT.
    private static let telling: Set = ["USR1", "USR2", "HUP", "WINCH", "QUIT", "1", "3", "10", "12", "28"]
    static let killing: Set = ["kill", "pkill", "killall", "killall5"]
    /// They change nothing that outlives the hook.
    private static let harmless: Set = [
        "echo", "printf", "true", ":", "false", "exit", "set", "trap", "cd", "export", "unset", "date", "test", "[",
        "[[", "logger", "return", "break", "continue", "read", "wait", "for", "sync",
    ]
    /// They look at processes and connections, or sift what others say of them.
    private static let looking: Set = [
        "pgrep", "pidof", "ps", "nc", "ncat", "netstat", "ss", "lsof", "grep", "egrep", "wc", "xargs", "awk", "cut",
        "tr", "head", "tail", "sort", "sed", "expr",
    ]
    private static let keywords: Set = [
        "then", "else", "elif", "if", "do", "done", "fi", "{", "}", "!", "while", "until",
    ]

    func acts(of command: [String]) -> [Act] {
        guard let program = ShellCommand.unwrapped(command).first.map(ShellCommand.baseName) else { return [] }
        guard ShellCommand.shells.contains(program) else { return [act(of: command)] }
        return ShellCommand.script(of: command).map(acts) ?? [.other]
    }

    private func acts(in script: String) -> [Act] {
        var acts: [Act] = []
        var words: [String] = []
        var loop = Loop()
        func end() {
            if !words.isEmpty { acts += loop.isCondition ? conditions(words, loop) : self.acts(of: words) }
            words = []
            loop.isNegated = false
        }
        for token in ShellToken.all(in: script) {
            guard case .word(let word) = token else {
                end()
                continue
            }
            guard words.isEmpty, Self.keywords.contains(word) else {
                words.append(word)
                continue
            }
            switch word {
            case "while", "until": loop = Loop(isCondition: true, isUntil: word == "until")
            case "!": loop.isNegated = true
            default: loop.isCondition = false
            }
        }
        end()
        return acts
    }

    private struct Loop {
        var isCondition = false
        var isUntil = false
        var isNegated = false
    }

    private func act(of command: [String]) -> Act {
        guard let plain = Self.withoutRedirections(command) else { return .other }
        var words = ShellCommand.unwrapped(plain)
        if words.first.map(ShellCommand.baseName) == "timeout" {
            words = ShellCommand.unwrapped(Array(words.dropFirst().drop { $0.hasPrefix("-") }.dropFirst()))
        }
        guard let program = words.first.map(ShellCommand.baseName) else { return .nothing }
        if Self.killing.contains(program) { return Self.signal(words) }
        if program == "tail", words.contains(where: { $0.hasPrefix("--pid") }) { return .awaits }
        if program == "sleep" { return .sleeps }
        if Self.harmless.contains(program) { return .nothing }
        let line = words.joined(separator: " ")
        return HookPurpose.quitting.contains(where: line.mentions) ? .quits : .other
    }

    /// What a kill sends; TERM where it says nothing. Signal 0 only looks.
    static func signal(_ words: [String]) -> Act {
        for (index, word) in words.enumerated().dropFirst() where word.hasPrefix("-") {
            let isNext = ["-s", "-n", "--signal"].contains(word)
            let sent =
                isNext
                ? words.dropFirst(index + 1).first ?? ""
                : String(word.drop { $0 == "-" }).replacing("signal=", with: "")
            let name = sent.uppercased()
            let signal = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
            if signal == "0" { return .awaits }
            if telling.contains(signal) { return .works }
        }
        return .quits
    }

    // MARK: What a loop waits for

    private func conditions(_ command: [String], _ loop: Loop) -> [Act] {
        guard let words = Self.withoutRedirections(command).map(ShellCommand.unwrapped),
            let program = words.first.map(ShellCommand.baseName)
        else { return [.works] }
        switch program {
        case "[", "[[", "test": return tests(words, loop)
        case "cat": return [words.dropFirst().allSatisfy(isOthers) ? .awaits : .works]
        case "kill", "pkill", "killall": return [Self.signal(words)]
        case _ where Self.looking.contains(program): return [.awaits]
        default: return acts(of: words).map { $0 == .other ? .works : $0 }
        }
    }

    /// A file that is to come is another container's word; one that is to go, or a folder that is to be empty, is what the
    /// sidecar has to work off.
    private func tests(_ words: [String], _ loop: Loop) -> [Act] {
        let inner = words.flatMap(Self.substituted)
        guard inner.isEmpty else {
            return inner.flatMap { script in
                ShellToken.all(in: script).split { Self.word($0) == nil }.flatMap { command in
                    conditions(command.compactMap(Self.word), loop)
                }
            }
        }
        guard
            let flag = words.firstIndex(where: {
                $0.count == 2 && $0.hasPrefix("-") && "efdsrSL".contains($0.last ?? " ")
            })
        else { return [.nothing] }
        let file = words.dropFirst(flag + 1).first ?? ""
        if file.hasPrefix("/proc/") { return [.awaits] }
        let comes = loop.isUntil != (loop.isNegated != words.contains("!"))
        return [comes && "ef".contains(words[flag].last ?? " ") && isOthers(file) ? .awaits : .works]
    }

    private static func word(_ token: ShellToken) -> String? { if case .word(let word) = token { word } else { nil } }

    private func isOthers(_ file: String) -> Bool {
        file.hasPrefix("/") && !ownPaths.contains { file == $0 || file.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }

    /// What stands in `$(…)` or backquotes of a word.
    private static func substituted(_ word: String) -> [String] {
        if let start = word.firstRange(of: "$("), let end = word.lastIndex(of: ")"), start.upperBound <= end {
            return [String(word[start.upperBound..<end])]
        }
        let parts = word.split(separator: "`", omittingEmptySubsequences: false)
        return parts.count > 2 ? [String(parts[1])] : []
    }

    /// `nil` where something is written to a file.
    private static func withoutRedirections(_ words: [String]) -> [String]? {
        var rest: [String] = []
        var isTarget = false
        for word in words {
            let target: Substring
            if isTarget {
                target = word[...]
            } else if let sign = word.lastIndex(where: { $0 == ">" || $0 == "<" }), !word.contains("$("),
                !word.contains(" ")
            {
                target = word[word.index(after: sign)...]
            } else {
                rest.append(word)
                continue
            }
            isTarget = target.isEmpty
            guard target.isEmpty || target.hasPrefix("&") || target.hasPrefix("/dev/") else { return nil }
        }
        return rest
    }
}
