import Basics
import CLinux
import Dispatch
import Glibc
import Synchronization

/// Tells when main's entrypoint is gone, where its process can be seen (a shared PID namespace, or `run`). By pidfd:
/// no polling, and no mistaking a process that got the same number later.
final class ProcessWatch: Sendable {
    private let source = Mutex<ReadSource?>(nil)
    private let queue = DispatchQueue(label: "main-process")

    deinit { stop() }

    /// Follows the parent of main's program if that is our entrypoint; in another namespace the number means another
    /// process or none, and nothing is followed.
    func follow(program: Int32, onExit: @escaping @Sendable () -> Void) {
        guard let parent = Self.parent(of: program), Self.isEntrypoint(parent) else { return }
        let descriptor = clinux_pidfd_open(parent)
        // It may have gone and its number be another's by now.
        guard descriptor >= 0 else { return }
        guard Self.isEntrypoint(parent) else {
            close(descriptor)
            return
        }
        let new = ReadSource(descriptor, on: queue) { [weak self] in
            self?.stop()
            onExit()
        }
        source.withLock { source in
            source?.cancel()
            source = new
        }
    }

    func stop() {
        source.withLock { source in
            source?.cancel()
            source = nil
        }
    }

    /// Field 4 of `/proc/<pid>/stat`, counted from behind the name, which may hold anything.
    private static func parent(of process: Int32) -> Int32? {
        guard let stat = try? SmallFile.text("/proc/\(process)/stat"), let name = stat.lastIndex(of: ")") else {
            return nil
        }
        return stat[name...].split(separator: " ").dropFirst(2).first.flatMap { Int32($0) }
    }

    private static func isEntrypoint(_ process: Int32) -> Bool {
        guard let command = try? SmallFile.text("/proc/\(process)/cmdline") else { return false }
        return command.split(separator: "\0").first?.hasSuffix(EntrypointBinary.name) == true
    }
}

/// Calls back whenever a descriptor has become readable, by epoll: nothing wakes up before. Owns the descriptor.
final class ReadSource: @unchecked Sendable {
    // Sendable: a dispatch source may be cancelled from any thread, and nothing else is done with it after `init`.
    private let source: any DispatchSourceRead

    /// `handler` runs on `queue`.
    init(_ descriptor: Int32, on queue: DispatchQueue, handler: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setCancelHandler { close(descriptor) }
        source.setEventHandler(handler: handler)
        source.activate()
    }

    deinit { cancel() }

    /// Ends the calls, and closes the descriptor after the last. Idempotent.
    func cancel() { source.cancel() }
}
