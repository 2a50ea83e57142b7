import CLinux
import Dispatch
import Glibc
import Synchronization
import WorkdirProtocol

/// The entrypoint with the step's command, as a child of this process.
package final class MainProcess: Sendable {
    package let processID: Int32
    private let exit = Mutex<ReadSource?>(nil)

    /// Starts `entrypoint run -- command` with the workdir as its current folder. Signals are as a shell would leave
    /// them, and the child stays in our process group, so that a terminal reaches it too.
    ///
    /// - Parameter environment: the command's own, to which `KPIPE_WORKDIR` is added.
    package init(
        entrypoint: String, command: [String], workdir: String, environment: [String: String]
    ) throws(VolumeError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addchdir_np(&actions, workdir)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        defer { posix_spawn_file_actions_destroy(&actions) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        defer { posix_spawnattr_destroy(&attributes) }

        let arguments = [entrypoint, "run", "--workdir", workdir, "--await-outputs", "--"] + command
        let variables = environment.merging(["KPIPE_WORKDIR": workdir]) { $1 }.map { "\($0)=\($1)" }
        var process: pid_t = 0
        let failure = Self.withStrings(arguments) { arguments in
            Self.withStrings(variables) { variables in
                posix_spawn(&process, entrypoint, &actions, &attributes, arguments, variables)
            }
        }
        guard failure == 0 else {
            throw VolumeError(.software, "cannot start \(entrypoint): \(String(cString: strerror(failure)))")
        }
        processID = process
    }

    package func send(_ signal: Int32) { kill(processID, signal) }

    /// Waits for the end; 128 + n for a signal. To be called once; not cancelled, because a child must be reaped.
    package func wait() async -> Int32 {
        let descriptor = clinux_pidfd_open(processID)
        guard descriptor >= 0 else { return reap() }
        await withCheckedContinuation { continuation in
            let once = Mutex<CheckedContinuation<Void, Never>?>(continuation)
            let source = ReadSource(descriptor, on: DispatchQueue(label: "main")) {
                once.withLock { waiting in
                    waiting?.resume()
                    waiting = nil
                }
            }
            exit.withLock { $0 = source }
        }
        exit.withLock { $0 = nil }
        return reap()
    }

    private func reap() -> Int32 {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
