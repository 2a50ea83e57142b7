internal import CLinux
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A pipe whose ends close with it at the latest. Its reading end never blocks.
package final class Pipe: Sendable {
    package let reading: Int32
    private let write: Mutex<Int32>

    package init?() {
        var ends: [Int32] = [-1, -1]
        guard clinux_pipe(&ends, O_CLOEXEC) == 0 else { return nil }
        clinux_set_nonblocking(ends[0])
        reading = ends[0]
        write = Mutex(ends[1])
    }

    deinit {
        closeWriting()
        close(reading)
    }

    package var writing: Int32 { write.withLock { $0 } }

    /// Idempotent.
    package func closeWriting() {
        write.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }
}

package enum ProcessEnvironment {
    /// This process's own variables, `NAME=value`, as they are passed on.
    package static var variables: [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee {
            variables.append(String(cString: text))
            entry += 1
        }
        return variables
    }

    /// The folder that relative paths start from; `/` where it is gone.
    package static var folder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    /// The variables of this process.
    package static var current: [String: String] {
        var current: [String: String] = [:]
        for variable in variables {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { current[String(parts[0])] = String(parts[1]) }
        }
        return current
    }
}

/// The signal that a terminal sends as it closes.
package enum HangUp {
    /// Whether whoever started this process had it ignore SIGHUP, as nohup does: then it goes on, and so does what it starts.
    /// Asked first before anybody here traps the signal.
    package static let isIgnored = clinux_ignores(SIGHUP)
}

/// How a program is started: signals as a shell would leave them, and of our descriptors none but what it is given.
package struct ProcessStart: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package var code: Int32
        package var description: String { String(cString: strerror(code)) }
    }

    /// The program first, looked up in `PATH` where it has no slash.
    package var arguments: [String]
    /// `NAME=value`; of equal names the last counts.
    package var environment: [String]
    package var folder: String?
    /// A group holds together what the program starts itself, so that all of it can be ended.
    package var hasOwnGroup = false
    /// Reads nothing instead of what we read.
    package var readsNothing = false
    /// Where it prints instead of where we do.
    package var output: Int32?
    package var errors: Int32?

    package init(_ arguments: [String], environment: [String]) {
        self.arguments = arguments
        self.environment = environment
    }

    /// The process, which must be reaped.
    package func start() throws(Failure) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if readsNothing { posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        if let errors { posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO) }
        if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var everything = sigset_t()
        var nothing = sigset_t()
        sigfillset(&everything)
        if HangUp.isIgnored { sigdelset(&everything, SIGHUP) }
        sigemptyset(&nothing)
        posix_spawnattr_setsigdefault(&attributes, &everything)
        posix_spawnattr_setsigmask(&attributes, &nothing)
        let group = hasOwnGroup ? POSIX_SPAWN_SETPGROUP : 0
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group))

        var words = arguments.map { strdup($0) } + [nil]
        var variables = effectiveEnvironment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failure(code: code) }
        return child
    }

    /// Waits for the end of a child: its exit code, and the signal that ended it or 0.
    package static func reap(_ child: Int32) -> (code: Int32, signal: Int32) {
        var status: Int32 = 0
        _ = Descriptor.uninterrupted { waitpid(child, &status, 0) }
        return (status >> 8 & 0xFF, status & 0x7F)
    }

    /// `getenv` finds the first of equal names, so the others are left out.
    private var effectiveEnvironment: [String] {
        var seen: Set<Substring> = []
        return environment.reversed().filter { seen.insert($0.prefix { $0 != "=" }).inserted }
    }
}

/// Runs a program to its end, for what it prints. The program is never left behind: not by a timeout, not by a
/// cancelled caller.
package struct Subprocess: Sendable {
    package enum End: Sendable, Equatable {
        case exited(Int32, output: [UInt8], errors: [UInt8])
        case killed(signal: Int32, errors: [UInt8])
        case timedOut(errors: [UInt8])
        case tooMuch
        case cancelled
        case notStarted(String)
    }

    private var start: ProcessStart
    private let sharesErrors: Bool
    private let timeout: Duration
    private let limit: Int

    /// - Parameters:
    ///   - environment: `NAME=value`; of equal names the last counts.
    ///   - isInteractive: shares the terminal: reads from it, and writes its error output there.
    ///   - isWatched: writes its error output to the terminal, from where Ctrl-C ends both of us.
    ///   - sharesErrors: writes its error output where we do; else the last of it is kept.
    ///   - limit: the most bytes of output.
    package init(
        _ arguments: [String], environment: [String] = ProcessEnvironment.variables, isInteractive: Bool = false,
        isWatched: Bool = false, sharesErrors: Bool = false, timeout: Duration, limit: Int = 1 << 20
    ) {
        start = ProcessStart(arguments, environment: environment)
        start.hasOwnGroup = !isInteractive && !isWatched
        start.readsNothing = !isInteractive
        self.sharesErrors = sharesErrors || isInteractive || isWatched
        self.timeout = timeout
        self.limit = limit
    }

    package func run() async -> End {
        guard let stop = Pipe() else { return .notStarted(String(cString: strerror(errno))) }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Waiting for a child blocks: a queue of its own has a thread of its own.
                DispatchQueue(label: "subprocess").async {
                    continuation.resume(returning: watch(stop: stop))
                }
            }
        } onCancel: {
            stop.closeWriting()
        }
    }

    private func watch(stop: Pipe) -> End {
        guard let output = Pipe(), let errors = Pipe() else { return .notStarted(String(cString: strerror(errno))) }
        var start = start
        start.output = output.writing
        if !sharesErrors { start.errors = errors.writing }
        let child: Int32
        do throws(ProcessStart.Failure) { child = try start.start() } catch { return .notStarted("\(error)") }
        output.closeWriting()
        errors.closeWriting()
        let exit = clinux_pidfd_open(child)
        defer { if exit >= 0 { close(exit) } }
        var reading = SubprocessOutput(output: output.reading, errors: errors.reading, limit: limit)
        let interruption = reading.wait(until: ContinuousClock.now + timeout, exit: exit, stop: stop.reading)
        if interruption != nil {
            // With what it has started itself, which a group of its own holds together.
            kill(start.hasOwnGroup ? -child : child, SIGKILL)
        }
        let end = ProcessStart.reap(child)
        switch interruption {
        case .stopped: return .cancelled
        case .timeout: return .timedOut(errors: reading.errors)
        case .limit: return .tooMuch
        case nil: break
        }
        return end.signal == 0
            ? .exited(end.code, output: reading.output, errors: reading.errors)
            : .killed(signal: end.signal, errors: reading.errors)
    }
}

/// Collects what a child prints until it ends.
private struct SubprocessOutput {
    enum Interruption {
        case stopped, timeout, limit
    }

    /// Bytes of the error output; programs say last what stopped them.
    private static let keptErrors = 16 << 10

    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []
    private var descriptors: (output: Int32, errors: Int32)
    private let limit: Int

    init(output: Int32, errors: Int32, limit: Int) {
        descriptors = (output, errors)
        self.limit = limit
    }

    /// - Parameters:
    ///   - exit: becomes readable when the child has ended. What it has started and left behind is not waited for.
    ///   - stop: becomes readable when nobody wants the output any more.
    mutating func wait(until deadline: ContinuousClock.Instant, exit: Int32, stop: Int32) -> Interruption? {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return .timeout }
            var polls = [exit, stop, descriptors.output, descriptors.errors].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let seconds = min(left.components.seconds, 3600)
            let milliseconds = Int32(seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
            guard poll(&polls, nfds_t(polls.count), milliseconds) >= 0 || Descriptor.wasInterrupted else {
                return .timeout
            }
            drain()
            if output.count > limit { return .limit }
            if polls[0].revents != 0 { return nil }
            if polls[1].revents != 0 { return .stopped }
            // Without a descriptor for its end (a very old kernel) the end of both streams has to do.
            if exit < 0, descriptors.output < 0, descriptors.errors < 0 { return nil }
        }
    }

    private mutating func drain() {
        while output.count <= limit, let chunk = Self.read(&descriptors.output) { output += chunk }
        while let chunk = Self.read(&descriptors.errors) {
            errors += chunk
            if errors.count > Self.keptErrors { errors.removeFirst(errors.count - Self.keptErrors) }
        }
    }

    /// What is there now; `nil` where that is nothing. At the end the descriptor is forgotten.
    private static func read(_ descriptor: inout Int32) -> [UInt8]? {
        let source = descriptor
        guard source >= 0 else { return nil }
        var count = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, filled in
            count = Descriptor.uninterrupted { Glibc.read(source, buffer.baseAddress, buffer.count) }
            filled = max(0, count)
        }
        if count == 0 || count < 0 && errno != EAGAIN { descriptor = -1 }
        return count > 0 ? chunk : nil
    }
}
