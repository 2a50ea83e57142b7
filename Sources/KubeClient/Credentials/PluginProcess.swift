internal import Basics
internal import CLinux
internal import Dispatch
internal import Glibc

/// Runs a program to its end, for what it prints. The program is never left behind: not by a timeout, not by a
/// cancelled caller.
struct PluginProcess: Sendable {
    enum End: Sendable, Equatable {
        case exited(Int32, output: [UInt8], errors: [UInt8])
        case killed(signal: Int32, errors: [UInt8])
        case timedOut(errors: [UInt8])
        case tooMuch
        case cancelled
        case notStarted(String)
    }

    /// Bytes of output; of the error output the last ones are kept.
    static let limit = 1 << 20

    var command: String
    var arguments: [String]
    /// `NAME=value`; of equal names the last counts.
    var environment: [String]
    /// Shares the terminal: reads from it, and writes its error output there.
    var isInteractive = false
    var timeout: Duration

    /// This process's own variables, as they are passed on.
    static var inheritedEnvironment: [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            variables.append(String(cString: text))
            entry += 1
        }
        return variables
    }

    func run() async -> End {
        guard let stop = Pipe() else { return .notStarted(Self.lastError) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Waiting for a child blocks: a queue of its own has a thread of its own.
                DispatchQueue(label: "credential-plugin").async {
                    continuation.resume(returning: watch(stop: stop))
                }
            }
        } onCancel: {
            stop.closeWriting()
        }
    }

    private func watch(stop: Pipe) -> End {
        guard let output = Pipe(), let errors = Pipe() else { return .notStarted(Self.lastError) }
        let child: pid_t
        switch spawn(output: output, errors: errors) {
        case .success(let started): child = started
        case .failure(let error): return .notStarted(String(cString: strerror(error.code)))
        }
        output.closeWriting()
        errors.closeWriting()
        let exit = clinux_pidfd_open(child)
        defer { if exit >= 0 { close(exit) } }
        var reading = PluginReading(output: output.reading, errors: errors.reading, limit: Self.limit)
        let interruption = reading.wait(until: ContinuousClock.now + timeout, exit: exit, stop: stop.reading)
        if interruption != nil {
            // With what it has started itself, which a group of its own holds together.
            kill(isInteractive ? child : -child, SIGKILL)
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        switch interruption {
        case .stopped: return .cancelled
        case .timeout: return .timedOut(errors: reading.errors)
        case .limit: return .tooMuch
        case nil: break
        }
        let signal = status & 0x7F
        return signal == 0
            ? .exited(status >> 8 & 0xFF, output: reading.output, errors: reading.errors)
            : .killed(signal: signal, errors: reading.errors)
    }

    private struct SpawnFailure: Error { var code: Int32 }

    private func spawn(output: Pipe, errors: Pipe) -> Result<pid_t, SpawnFailure> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if !isInteractive {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, errors.writing, STDERR_FILENO)
        }
        posix_spawn_file_actions_adddup2(&actions, output.writing, STDOUT_FILENO)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process ignores or blocks is none of the plugin's business.
        var everything = sigset_t()
        var nothing = sigset_t()
        sigfillset(&everything)
        sigemptyset(&nothing)
        posix_spawnattr_setsigdefault(&attributes, &everything)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        if !isInteractive { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var words = ([command] + arguments).map { strdup($0) } + [nil]
        var variables = effectiveEnvironment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, command, &actions, &attributes, &words, &variables)
        return code == 0 ? .success(child) : .failure(SpawnFailure(code: code))
    }

    /// `getenv` finds the first of equal names, so the others are left out.
    private var effectiveEnvironment: [String] {
        var seen: Set<Substring> = []
        return environment.reversed().filter { seen.insert($0.prefix { $0 != "=" }).inserted }
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}
