/// A script that ends a program which it has started itself, once something tells it to: what people write who have no native
/// sidecars.
package enum ChildKill {
    private struct Loop {
        /// How many kills were found before it.
        let kills: Int
        var starts = false
    }

    private static let keywords: Set = ["then", "else", "elif", "if", "{", "}", "!", "while", "until"]

    /// The command by which it does so: `kill $PROXY`. What a trap or a function does is for whoever ends the container, a
    /// signal that tells a program to do something does not end it, what follows a `wait` clears up, and a loop that kills what it starts
    /// begins anew.
    ///
    /// - Parameter words: the program of a container and its arguments.
    package static func command(in words: [String]) -> String? {
        guard let script = ShellCommand.script(of: words) else { return nil }
        var tokens = ShellToken.all(in: script)[...]
        guard tokens.contains(.background) else { return nil }
        var loops: [Loop] = []
        var kills: [String] = []
        var command: [String] = []
        var hasWaited = false
        func end() {
            let plain = ShellCommand.unwrapped(command)
            let program = plain.first.map(ShellCommand.baseName) ?? ""
            hasWaited = hasWaited || program == "wait"
            if !hasWaited, HookScript.killing.contains(program), HookScript.signal(plain) == .quits {
                kills.append(plain.joined(separator: " "))
            }
            command = []
        }
        while let token = tokens.popFirst() {
            switch token {
            case .word("do") where command.isEmpty: loops.append(Loop(kills: kills.count))
            case .word("done") where command.isEmpty:
                guard let loop = loops.popLast(), loop.starts else { break }
                kills.removeSubrange(loop.kills...)
            case .open where tokens.first == .close && (command.count == 1 || command.first == "function"):
                tokens.removeFirst()
                command = []
                skipBody(&tokens)
            case .word("{") where command.count == 2 && command[0] == "function":
                tokens.insert(token, at: tokens.startIndex)
                command = []
                skipBody(&tokens)
            case .word(let word):
                if !command.isEmpty || !keywords.contains(word) { command.append(word) }
            case .background:
                end()
                for index in loops.indices { loops[index].starts = true }
            default: end()
            }
        }
        end()
        return kills.first
    }

    /// Of a function, to behind its last brace.
    private static func skipBody(_ tokens: inout ArraySlice<ShellToken>) {
        var depth = 0
        while let token = tokens.popFirst() {
            if token == .word("{") || token == .open { depth += 1 }
            if token == .word("}") || token == .close { depth -= 1 }
            if depth == 0, token != .next { return }
        }
    }
}
