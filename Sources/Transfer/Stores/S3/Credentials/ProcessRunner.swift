internal import Basics

/// Runs a program of the user's and gives what it printed.
protocol ProcessRunner: Sendable {
    func output(of command: String) async throws(TransferError) -> [UInt8]
}

/// `credential_process` without a shell, as images may have none: the command is split into words like a shell does.
struct SystemProcessRunner: ProcessRunner {
    private static let timeout = Duration.seconds(60)

    func output(of command: String) async throws(TransferError) -> [UInt8] {
        guard let words = CommandWords.split(command), let program = words.first else {
            throw Self.failure("the command's quotes do not match")
        }
        switch await Subprocess(words, sharesErrors: true, timeout: Self.timeout).run() {
        case .exited(0, let output, _): return output
        case .exited, .killed: throw Self.failure("'\(program)' failed")
        case .timedOut, .tooMuch: throw Self.failure("'\(program)' printed too much or took longer than a minute")
        case .cancelled: throw .cancelled("credential_process")
        case .notStarted(let reason): throw Self.failure("'\(program)' cannot be run: \(reason)")
        }
    }

    private static func failure(_ message: String) -> TransferError {
        TransferError("credential_process", .credentials, message)
    }
}

/// Splits a command as a shell splits simple words: quotes and backslashes, no expansion.
enum CommandWords {
    /// `nil` where a quote is not closed.
    static func split(_ command: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = command.makeIterator()
        while let character = characters.next() {
            switch (character, quote) {
            case (let mark, let open?) where mark == open: quote = nil
            case ("\\", nil), ("\\", "\""):
                guard let next = characters.next() else { return nil }
                word = (word ?? "") + String(next)
            case (let other, _?): word = (word ?? "") + String(other)
            case ("\"", nil), ("'", nil):
                quote = character
                word = word ?? ""
            case (let space, nil) where space.isWhitespace:
                if let done = word { words.append(done) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { return nil }
        if let word { words.append(word) }
        return words
    }
}
