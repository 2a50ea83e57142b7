import Basics
import CLinux
import WorkdirProtocol

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
