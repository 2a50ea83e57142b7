internal import CLinux
internal import Dispatch
internal import Glibc

/// Runs a program of the user's and gives what it printed.
protocol ProcessRunner: Sendable {
    func output(of command: String) async throws(TransferError) -> [UInt8]
}

/// `credential_process` without a shell, as images may have none: the command is split into words like a shell does.
struct SystemProcessRunner: ProcessRunner {
    /// Milliseconds.
    private static let timeout: Int64 = 60_000
    private static let limit = 1 << 20

    func output(of command: String) async throws(TransferError) -> [UInt8] {
        guard let words = CommandWords.split(command), !words.isEmpty else {
            throw Self.failure("the command's quotes do not match")
        }
        let result: Result<[UInt8], TransferError> = await withCheckedContinuation { continuation in
            // Waiting for a child blocks: a queue of its own has a thread of its own.
            DispatchQueue(label: "credential-process").async {
                continuation.resume(returning: Result { () throws(TransferError) in try Self.run(words) })
            }
        }
        return try result.get()
    }

    private static func run(_ words: [String]) throws(TransferError) -> [UInt8] {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw failure(String(cString: strerror(errno))) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var arguments = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let spawned = posix_spawnp(&child, words[0], &actions, nil, &arguments, environ)
        close(ends[1])
        guard spawned == 0 else { throw failure("'\(words[0])' cannot be run: \(String(cString: strerror(spawned)))") }

        let output = read(ends[0])
        if output == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        guard let output else { throw failure("'\(words[0])' printed too much or took longer than a minute") }
        guard status == 0 else { throw failure("'\(words[0])' failed") }
        return output
    }

    /// Everything up to the end; `nil` beyond the limits.
    private static func read(_ descriptor: Int32) -> [UInt8]? {
        var output: [UInt8] = []
        let end = milliseconds() + timeout
        while output.count <= limit {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = end - milliseconds()
            guard left > 0, Glibc.poll(&poll, 1, Int32(left)) > 0 else {
                if left > 0, errno == EINTR { continue }
                return nil
            }
            let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
                count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { return output }
            output += chunk
        }
        return nil
    }

    private static func milliseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    private static func failure(_ message: String) -> TransferError {
        TransferError(object: "credential_process", reason: .credentials, message: message)
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
