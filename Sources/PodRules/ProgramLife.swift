internal import Basics

/// Whether a program ends by itself, as far as its command line tells.
package enum ProgramLife: Sendable, Equatable {
    case ends
    /// It goes on until somebody ends it.
    case endless
    case unknown

    /// Cautious: what is not known runs on.
    package static func endsByItself(_ words: [String]) -> Bool { ProgramLife(words) == .ends }

    /// - Parameter words: the program and its arguments, one by one.
    package init(_ words: [String]) {
        let life = Self.life(ShellCommand.unwrapped(words))
        // Of a fifo the other end says when.
        self = life == .ends && words.contains { $0.mentions("fifo") } ? .unknown : life
    }

    private static func life(_ words: [String]) -> ProgramLife {
        guard let program = words.first.map(ShellCommand.baseName) else { return .unknown }
        guard ShellCommand.shells.contains(program) else { return ShellCommand.life(words) }
        guard let script = ShellCommand.script(of: words) else { return .unknown }
        var reader = ShellScript(script)
        return reader.life()
    }
}

extension ContainerFacts {
    /// Whether a shell is its program, which does what a script and the variables say. What the image itself would start is
    /// not known.
    package var runsScript: Bool {
        guard !command.isEmpty else { return false }
        return ShellCommand.unwrapped(command + args).first.map {
            ShellCommand.shells.contains(ShellCommand.baseName($0))
        } ?? false
    }
}

/// One command of a script: its words, and what is known of the program that they call.
enum ShellCommand {
    static let shells: Set<String> = ["sh", "bash", "ash", "dash", "zsh", "ksh"]
    /// Programs that do one thing and end.
    private static let ending: Set<String> = [
        "[", "[[", "awk", "aws", "basename", "cat", "cd", "chgrp", "chmod", "chown", "cp", "cut", "date", "dirname",
        "echo", "exit", "export", "false", "find", "grep", "gsutil", "gunzip", "gzip", "head", "kill", "killall", "ln",
        "ls", "mkdir", "mv", "pkill", "printf", "read", "return", "rm", "sed", "set", "sort", "sync", "tar", "tee",
        "test", "touch", "tr", "true", ":", "uniq", "unset", "unzip", "wc", "wget",
    ]
    /// Commands that run the one behind them.
    private static let wrappers: Set<String> = [
        "exec", "command", "nohup", "time", "tini", "dumb-init", "catatonit", "!", "busybox", "nice", "stdbuf",
    ]

    static func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// Without what only stands before the program: `exec`, `VARIABLE=value`, `tini --`.
    static func unwrapped(_ words: [String]) -> [String] {
        var words = words[...]
        while let first = words.first {
            let name = baseName(first)
            if name == "env" || isAssignment(first) {
                words = words.dropFirst()
                while let next = words.first, next == "-i" || isAssignment(next) { words = words.dropFirst() }
            } else if wrappers.contains(name) {
                words = words.dropFirst().drop { $0.hasPrefix("-") }
            } else {
                break
            }
        }
        return Array(words)
    }

    /// The script that a shell is given in its command; `nil` for other programs, and for one in a file.
    static func script(of command: [String]) -> String? {
        let words = unwrapped(command)
        guard let program = words.first, shells.contains(baseName(program)),
            let flag = words.firstIndex(where: { $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.hasSuffix("c") })
        else { return nil }
        return words.dropFirst(flag + 1).first { $0 != "--" }
    }

    private static func isAssignment(_ word: String) -> Bool {
        guard let sign = word.firstIndex(of: "="), sign != word.startIndex else { return false }
        return word[..<sign].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }

    /// Whether a test of constants holds: `[ 1 ]`, `[[ 1 -eq 1 ]]`, `test true`.
    static func isAlwaysTrue(_ words: [String]) -> Bool {
        guard let program = words.first, ["[", "[[", "test"].contains(program) else { return false }
        let inner = words.dropFirst().filter { $0 != "]" && $0 != "]]" }
        guard !inner.contains(where: { $0.contains { "$`*?".contains($0) } }) else { return false }
        switch inner.count {
        case 1: return inner.first != ""
        case 3: return ["=", "==", "-eq", "-le", "-ge"].contains(inner[1]) && inner[0] == inner[2]
        default: return false
        }
    }

    static func life(_ words: [String]) -> ProgramLife {
        let words = unwrapped(words)
        guard let program = words.first.map(baseName) else { return .ends }
        func has(_ short: Character, _ long: String) -> Bool {
            words.dropFirst().contains {
                $0.hasPrefix(long) || $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.contains(short)
            }
        }
        switch program {
        case "tail": return has("f", "--follow") || has("F", "--follow") ? .endless : .ends
        case "sleep":
            // Whoever ends with a sleep of hours means for ever; a short one says nothing.
            return words.dropFirst().first.map { $0.hasPrefix("inf") } == true ? .endless : .unknown
        case "timeout":
            // Of none, or one that no clock reaches, it is what it runs.
            var rest = words.dropFirst()
            while let flag = rest.first, flag.hasPrefix("-") {
                rest = rest.dropFirst(["-s", "-k", "--signal", "--kill-after"].contains(flag) ? 2 : 1)
            }
            let time = rest.first ?? ""
            return time == "0" || time.hasPrefix("inf") ? life(Array(rest.dropFirst())) : .ends
        case "curl": return has("N", "--no-buffer") ? .unknown : .ends
        case "yes", "watch": return .endless
        case "inotifywait": return has("m", "--monitor") ? .endless : .ends
        case "ping": return has("c", "--count") ? .ends : .endless
        default: return ending.contains(program) ? .ends : .unknown
        }
    }
}
