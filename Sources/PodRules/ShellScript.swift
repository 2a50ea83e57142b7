/// Reads a script of the shell as far as its end can be told from it: lists, pipelines, loops, branches, groups and what is
/// left running in the background. What it does not know is `unknown`, never an end.
struct ShellScript {
    private var tokens: ArraySlice<ShellToken>
    private var depth = 0
    /// Something was opened and not closed, or the script is deeper than anybody writes.
    private var isBroken = false
    private static let deepest = 48

    init(_ script: String) { tokens = ShellToken.all(in: script)[...] }

    mutating func life() -> ProgramLife {
        let life = list(until: [])
        return !isBroken && tokens.isEmpty || life == .endless ? life : .unknown
    }

    /// What ends last decides, unless something before it never ends.
    private mutating func list(until ends: Set<String>) -> ProgramLife {
        var last = ProgramLife.ends
        var background: [ProgramLife] = []
        while let token = tokens.first {
            switch token {
            case .word(let word) where ends.contains(word): return left(background, last)
            case .close: return left(background, last)
            case .next, .both, .either, .background, .pipe: tokens.removeFirst()
            case .word, .open:
                let (life, isWait) = pipeline()
                if tokens.first == .background {
                    background.append(life)
                    last = .ends
                } else {
                    last = isWait ? Self.all(background) : life
                    if isWait { background = [] }
                }
                // Nothing behind it is reached.
                if last == .endless {
                    skip(to: ends)
                    return .endless
                }
            }
        }
        return left(background, last)
    }

    /// A shell that is left with nothing to do ends, but whoever leaves something in the background means it to run.
    private func left(_ background: [ProgramLife], _ last: ProgramLife) -> ProgramLife {
        last == .ends && background.contains { $0 != .ends } ? .unknown : last
    }

    private static func all(_ lives: [ProgramLife]) -> ProgramLife {
        lives.contains(.endless) ? .endless : lives.contains(.unknown) ? .unknown : .ends
    }

    /// It ends when all of it does: a filter ends with what it reads.
    private mutating func pipeline() -> (life: ProgramLife, isWait: Bool) {
        var lives: [ProgramLife] = []
        var isWait = false
        while true {
            let one = command()
            lives.append(one.life)
            isWait = one.isWait && lives.count == 1
            guard tokens.first == .pipe else { return (Self.all(lives), isWait) }
            tokens.removeFirst()
        }
    }

    private mutating func command() -> (life: ProgramLife, isWait: Bool) {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest {
            isBroken = true
            tokens = []
        }
        switch tokens.first {
        case .open?:
            tokens.removeFirst()
            let life = list(until: [])
            if tokens.first == .close { tokens.removeFirst() } else { isBroken = true }
            skipRedirections()
            return (life, false)
        case .word("{")?: return (block("{", "}"), false)
        case .word("if")?: return (branch(), false)
        case .word("while")?: return (loop(), false)
        case .word("until")?: return (loop(isUntil: true), false)
        case .word("for")?, .word("select")?: return (counted(), false)
        case .word("case")?:
            while let next = tokens.popFirst(), next != .word("esac") {}
            return (.unknown, false)
        default: return simple()
        }
    }

    private mutating func simple() -> (life: ProgramLife, isWait: Bool) {
        var words: [String] = []
        while case .word(let word)? = tokens.first {
            words.append(word)
            tokens.removeFirst()
        }
        guard tokens.first == .open, tokens.dropFirst().first == .close else {
            if tokens.first == .open { tokens.removeFirst() }
            return words.first == "wait" ? (.ends, true) : (ShellCommand.life(words), false)
        }
        // `name() { … }` defines, and does nothing yet; what its calls do is not known.
        tokens.removeFirst(2)
        while tokens.first == .next { tokens.removeFirst() }
        _ = command()
        return (.ends, false)
    }

    private mutating func block(_ start: String, _ end: String) -> ProgramLife {
        take(start)
        let life = list(until: [end])
        take(end)
        return life
    }

    private mutating func branch() -> ProgramLife {
        var lives: [ProgramLife] = []
        var hasElse = false
        repeat {
            // `if` or `elif`
            tokens.removeFirst()
            if list(until: ["then"]) == .endless { lives.append(.endless) }
            take("then")
            lives.append(list(until: ["elif", "else", "fi"]))
        } while tokens.first == .word("elif")
        if tokens.first == .word("else") {
            take("else")
            hasElse = true
            lives.append(list(until: ["fi"]))
        }
        take("fi")
        if !hasElse { lives.append(.ends) }
        return Set(lives).count == 1 ? lives[0] : .unknown
    }

    /// Endless where nothing makes its condition false, and nothing in it leaves it.
    private mutating func loop(isUntil: Bool = false) -> ProgramLife {
        tokens.removeFirst()
        let condition = tokens.first { $0 != .word("!") && $0 != .next }
        let words = tokens.prefix { $0 != .next && $0 != .word("do") }.map {
            if case .word(let word) = $0 { word } else { "" }
        }
        let isForever = list(until: ["do"]) == .endless || !isUntil && ShellCommand.isAlwaysTrue(words)
        let start = tokens
        let body = block("do", "done")
        let leaves = start.prefix(start.count - tokens.count).contains { ShellToken.leaving.contains($0) }
        guard case .word(let test)? = condition else { return .unknown }
        if isForever || (isUntil ? ["false"] : ["true", ":", "1"]).contains(test) {
            return leaves ? .unknown : .endless
        }
        // What it reads ends, or a file comes or goes.
        guard ["[", "[[", "test", "read"].contains(test) || test.hasPrefix("IFS=") else { return .unknown }
        return body == .endless ? .endless : .ends
    }

    private mutating func counted() -> ProgramLife {
        let head = tokens.prefix { $0 != .word("do") }
        tokens = tokens.dropFirst(head.count)
        let start = tokens
        let body = block("do", "done")
        let clauses = head.dropFirst().filter { $0 != .next }
        guard clauses == [.open, .open, .close, .close] else { return body }
        let leaves = start.prefix(start.count - tokens.count).contains { ShellToken.leaving.contains($0) }
        return leaves ? .unknown : .endless
    }

    /// A word that has to come now, behind line ends.
    private mutating func take(_ word: String) {
        while tokens.first == .next { tokens.removeFirst() }
        guard tokens.first == .word(word) else {
            isBroken = true
            return
        }
        tokens.removeFirst()
        skipRedirections()
    }

    /// `done < file`, `} 2>&1`
    private mutating func skipRedirections() {
        while case .word(let word)? = tokens.first, word.contains("<") || word.contains(">") {
            tokens.removeFirst()
            if word.hasSuffix("<") || word.hasSuffix(">"), case .word? = tokens.first { tokens.removeFirst() }
        }
    }

    /// To where the list ends, past what is nested in it.
    private mutating func skip(to ends: Set<String>) {
        var depth = 0
        while let token = tokens.first {
            switch token {
            case .word(let word) where depth == 0 && ends.contains(word): return
            case .close where depth == 0: return
            case .open, .word("if"), .word("do"), .word("{"), .word("case"): depth += 1
            case .close, .word("fi"), .word("done"), .word("}"), .word("esac"): depth -= 1
            default: break
            }
            tokens.removeFirst()
        }
    }
}

/// A word or an operator of the shell's.
enum ShellToken: Equatable {
    case word(String)
    /// `;` or the end of a line
    case next
    case both, either, pipe, background, open, close

    /// By these a loop may be left.
    static let leaving: [ShellToken] = [.word("break"), .word("exit"), .word("return"), .word("exec")]

    /// Quotes are taken away; what `$(…)`, `${…}` and backquotes hold stays part of its word.
    static func all(in script: String) -> [ShellToken] {
        var tokens: [ShellToken] = []
        var word = ""
        var isWord = false
        var rest = Array(script.prefix(1 << 16))[...]
        func end() {
            if isWord { tokens.append(.word(word)) }
            word = ""
            isWord = false
        }
        func take(_ token: ShellToken, _ second: Character? = nil, _ other: ShellToken? = nil) {
            end()
            if let second, rest.first == second {
                rest.removeFirst()
                tokens.append(other ?? token)
            } else {
                tokens.append(token)
            }
        }
        while let character = rest.popFirst() {
            switch character {
            case " ", "\t": end()
            case "#" where !isWord: rest = rest.drop { !$0.isNewline }
            case ";": take(.next)
            case _ where character.isNewline: take(.next)
            case "&" where rest.first == ">":
                word.append("&")
                isWord = true
            case "&": take(.background, "&", .both)
            case "|" where rest.first == "&":
                rest.removeFirst()
                take(.pipe)
            case "|": take(.pipe, "|", .either)
            case "(": take(.open)
            case ")": take(.close)
            case ">", "<":
                word.append(character)
                isWord = true
                if let next = rest.first, next == "&" || next == "|" || next == ">" || next == "<" {
                    word.append(next)
                    rest.removeFirst()
                }
            default:
                isWord = true
                extend(&word, by: character, &rest)
            }
        }
        end()
        return tokens
    }

    /// One character of a word, or all that is quoted or nested from there.
    private static func extend(_ word: inout String, by first: Character, _ rest: inout ArraySlice<Character>) {
        switch first {
        case "\\":
            if let next = rest.popFirst(), !next.isNewline { word.append(next) }
        case "'":
            while let next = rest.popFirst(), next != "'" { word.append(next) }
        case "\"", "`":
            while let next = rest.popFirst(), next != first {
                word.append(next == "\\" ? rest.popFirst() ?? next : next)
            }
        case "$" where rest.first == "(" || rest.first == "{":
            word.append(first)
            var depth = 0
            while let next = rest.popFirst() {
                word.append(next)
                if next == "(" || next == "{" { depth += 1 }
                if next == ")" || next == "}" { depth -= 1 }
                if depth == 0 { break }
            }
        default: word.append(first)
        }
    }
}
