import Basics
import CLinux
import WorkdirProtocol

/// The command, started as our child in a process group of its own. If we own a terminal, that group owns it meanwhile.
struct CommandProcess {
    let processID: pid_t
    /// Where its standard output and its error output can be read; not blocking.
    let output: Int32
    let error: Int32
    private let hasTerminal: Bool

    /// A command that cannot be run, as a shell puts it.
    struct StartError: Error {
        /// 127: not found; 126: found, but it cannot be run.
        var code: Int32
        var message: String

        static let notFound: Int32 = 127
        static let notExecutable: Int32 = 126
    }

    /// The streams' room in the kernel, in bytes: fewer changes between two processes that both have much to do.
    private static let pipeSize: Int32 = 1 << 20

    /// - Parameter command: the program first, looked up in `PATH` where it has no slash.
    static func start(
        _ command: [UnsafeMutablePointer<CChar>], in folder: String?, signalMask: sigset_t
    ) throws(StartError) -> CommandProcess {
        var output = Pipe()
        var error = Pipe()
        guard output.open(), error.open() else {
            let failure = SystemError.last("make a pipe")
            output.close()
            error.close()
            throw StartError(code: StartError.notExecutable, message: failure.message)
        }
        defer {
            CLinux.close(output.write)
            CLinux.close(error.write)
        }
        let hasTerminal = tcgetpgrp(STDIN_FILENO) == getpgrp()
        var processID: pid_t = 0
        let code = spawn(
            command, in: folder, signalMask: signalMask, output: output.write, error: error.write,
            takingTerminal: hasTerminal, &processID)
        guard code == 0 else {
            CLinux.close(output.read)
            CLinux.close(error.read)
            throw Self.explain(code, name: String(cString: command[0]), folder: folder)
        }
        return CommandProcess(
            processID: processID, output: output.read, error: error.read, hasTerminal: hasTerminal)
    }

    /// Errors of a process that has just gone are of no interest.
    func send(_ signal: Int32) { kill(processID, signal) }
    func sendToGroup(_ signal: Int32) { kill(-processID, signal) }

    /// After its end the terminal is ours again.
    func returnTerminal() {
        if hasTerminal { tcsetpgrp(STDIN_FILENO, getpgrp()) }
    }

    private struct Pipe {
        var read: Int32 = -1
        var write: Int32 = -1

        mutating func open() -> Bool {
            var ends: [Int32] = [-1, -1]
            guard clinux_pipe(&ends, O_CLOEXEC) == 0 else { return false }
            (read, write) = (ends[0], ends[1])
            clinux_set_nonblocking(read)
            clinux_enlarge_pipe(read, pipeSize)
            return true
        }

        func close() {
            if read >= 0 { CLinux.close(read) }
            if write >= 0 { CLinux.close(write) }
        }
    }

    private static func spawn(
        _ command: [UnsafeMutablePointer<CChar>], in folder: String?, signalMask: sigset_t, output: Int32, error: Int32,
        takingTerminal: Bool, _ processID: inout pid_t
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
        if let folder { _ = clinux_spawn_in_folder(&actions, folder) }
        if takingTerminal { _ = clinux_spawn_in_foreground(&actions, STDIN_FILENO) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        var mask = signalMask
        posix_spawnattr_setsigmask(&attributes, &mask)

        var arguments = command.map(Optional.some) + [nil]
        return clinux_spawn(&processID, command[0], &actions, &attributes, &arguments)
    }

    private static func explain(_ code: Int32, name: String, folder: String?) -> StartError {
        let reason = String(cString: strerror(code))
        if let folder, access(folder, X_OK) != 0 {
            return StartError(
                code: StartError.notExecutable, message: "cannot start the command in the folder \(folder): \(reason)")
        }
        switch code {
        case ENOENT where access(name, F_OK) == 0 && name.utf8.contains(UInt8(ascii: "/")):
            return StartError(
                code: StartError.notFound,
                message: "\(name): its interpreter or dynamic loader is not in this image")
        case ENOENT, ENOTDIR:
            return StartError(
                code: StartError.notFound,
                message: "\(name): command not found; is it in the image and in PATH, with its interpreter or loader?")
        case ENOEXEC:
            return StartError(
                code: StartError.notExecutable,
                message: "\(name): \(reason); built for another architecture, or a script without a #! line?")
        default: return StartError(code: StartError.notExecutable, message: "\(name): cannot run it: \(reason)")
        }
    }
}

/// What the command has left behind. Orphans become our children, as we are process 1 or a subreaper.
enum Descendants {
    /// Takes leave of every child that has ended; tells how `process` did, if it is among them.
    static func reap(watching process: pid_t?) -> CommandEnd? {
        var end: CommandEnd?
        while true {
            var status: Int32 = 0
            let ended = waitpid(-1, &status, WNOHANG)
            guard ended > 0 else { return end }
            if ended == process { end = CommandEnd(waitStatus: status) }
        }
    }

    /// Kills what is left, as the kernel does in a container whose first process ends. A child's children become ours
    /// when it dies; so the killing goes on until none is left, or the kernel no longer lists any.
    static func end() {
        // Bounded: a process that the kernel cannot kill now must not hold up the step's end.
        for _ in 0..<200 {
            let children = Self.children()
            guard !children.isEmpty else { return }
            for child in children { kill(child, SIGKILL) }
            _ = reap(watching: nil)
            poll(nil, 0, 1)
        }
    }

    /// Empty as well where the kernel has no such list or /proc is not mounted.
    private static func children() -> [pid_t] {
        let path = "/proc/self/task/\(getpid())/children"
        guard let list = try? WorkdirFolder.read(path: path, limit: WorkdirFolder.readLimit) else { return [] }
        return list.split(separator: UInt8(ascii: " ")).compactMap { pid_t(ascii: $0) }
    }
}
