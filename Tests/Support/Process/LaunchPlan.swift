import CLinux
import Foundation
import Glibc

/// What `posix_spawn` is told. Every other descriptor of the test is closed in the child.
struct LaunchPlan: ~Copyable {
    private var actions = posix_spawn_file_actions_t()
    private var attributes = posix_spawnattr_t()

    init() {
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        // A group of its own, and signals as a shell would leave them: tests ignore SIGPIPE.
        var defaults = sigset_t()
        sigfillset(&defaults)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var blocked = sigset_t()
        sigemptyset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    }

    mutating func free() {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }

    mutating func changeFolder(_ path: String) { posix_spawn_file_actions_addchdir_np(&actions, path) }

    mutating func open(_ descriptor: Int32, _ path: String, _ flags: Int32) {
        posix_spawn_file_actions_addopen(&actions, descriptor, path, flags, 0o600)
    }

    mutating func duplicate(_ own: Int32, as descriptor: Int32) {
        posix_spawn_file_actions_adddup2(&actions, own, descriptor)
    }

    /// Starts the program; nothing may be added afterwards.
    mutating func spawn(
        _ program: String, _ arguments: [String], environment changes: [String: String?]
    ) throws -> pid_t {
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        let environment = ProcessInfo.processInfo.environment
            .merging(changes.mapValues { $0 ?? nil }.compactMapValues { $0 }) { $1 }
            .filter { changes[$0.key] != .some(nil) }
        var pid: pid_t = 0
        let failure = withCStrings([program] + arguments) { arguments in
            withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                posix_spawnp(&pid, program, &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else {
            throw ProcessError(description: "cannot start \(program): \(String(cString: strerror(failure)))")
        }
        return pid
    }
}

private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
