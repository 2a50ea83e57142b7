import CLinux
import Dispatch
import Glibc
import Synchronization

/// Tells what changes in folders (inotify(7)): nothing wakes up while nothing changes.
final class Inotify: Sendable {
    struct Event {
        var watch: Int32
        /// `nil` where it is not UTF-8, or the event is of the folder itself.
        var name: String?
        var mask: UInt32

        /// The kernel has lost events.
        var overflowed: Bool { mask & UInt32(IN_Q_OVERFLOW) != 0 }
        var isFolder: Bool { mask & UInt32(IN_ISDIR) != 0 }
        /// The folder is gone, and its watch with it.
        var isEnd: Bool { mask & UInt32(IN_IGNORED) != 0 }
    }

    private let descriptor: Int32
    /// Ends with `stop`.
    private let source = Mutex<ReadSource?>(nil)
    private let isStarted = Atomic<Bool>(false)

    init() throws(VolumeError) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw .last("start watching", "inotify") }
    }

    deinit { if isStarted.load(ordering: .relaxed) { stop() } else { close(descriptor) } }

    /// Watches an open folder itself, whatever stands at its path later. Its number, the same for the same folder;
    /// negative with errno set on failure.
    func watch(_ folder: Int32, _ mask: Int32) -> Int32 {
        inotify_add_watch(descriptor, "/proc/self/fd/\(folder)", UInt32(bitPattern: mask | Int32(IN_ONLYDIR)))
    }

    /// Calls back on `queue` whenever there are events. Once; from then on `stop` closes the descriptor.
    func start(on queue: DispatchQueue, handler: @escaping @Sendable () -> Void) {
        isStarted.store(true, ordering: .relaxed)
        let events = ReadSource(descriptor, on: queue, handler: handler)
        source.withLock { $0 = events }
    }

    func stop() {
        source.withLock { source in
            source?.cancel()
            source = nil
        }
    }

    /// `nil` when there is nothing more to read now.
    func read() -> [Event]? {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else { return nil }
            var events: [Event] = []
            var offset = 0
            while offset + MemoryLayout<inotify_event>.size <= count {
                let header = buffer.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                let start = offset + MemoryLayout<inotify_event>.size
                let name = buffer[start..<min(count, start + Int(header.len))].prefix { $0 != 0 }
                events.append(
                    Event(
                        watch: header.wd, name: name.isEmpty ? nil : String(validating: name, as: UTF8.self),
                        mask: header.mask))
                offset = start + Int(header.len)
            }
            return events
        }
    }
}
