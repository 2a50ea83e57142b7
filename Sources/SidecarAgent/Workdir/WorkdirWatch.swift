import CLinux
import Dispatch
import Glibc
import Synchronization
import WorkdirProtocol

/// Follows main's markers by inotify: nothing wakes up while nothing changes. Each marker is read as its event is
/// taken, so a series of changes is lost only where one file was replaced before it could be read.
final class WorkdirWatch: Sendable {
    private let reader: MarkerReader
    private let mailbox: Mailbox
    private let descriptor: Int32
    private let ownWatch: Int32
    private let queue = DispatchQueue(label: "workdir")
    /// Ends with `stop`.
    private let source = Mutex<ReadSource?>(nil)

    /// A file that was renamed to its name or closed after writing is complete.
    private static let events = UInt32(IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR)

    /// Watches from here on. Markers that are there already are posted as well; they count.
    init(_ volume: Volume, posting mailbox: Mailbox) throws(VolumeError) {
        reader = MarkerReader(volume: volume)
        self.mailbox = mailbox
        descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { throw .last("start watching (inotify)", volume.root.path) }
        // Through the held descriptors, so that a replaced folder cannot mislead.
        let rootWatch = inotify_add_watch(descriptor, "/proc/self/fd/\(volume.root.descriptor)", Self.events)
        ownWatch = inotify_add_watch(descriptor, "/proc/self/fd/\(volume.own.descriptor)", Self.events)
        guard rootWatch >= 0, ownWatch >= 0 else {
            let error = VolumeError.last("watch (inotify)", volume.root.path)
            close(descriptor)
            throw error
        }
        let events = ReadSource(descriptor, on: queue) { [weak self] in self?.drain() }
        source.withLock { $0 = events }
        scan()
    }

    deinit { stop() }

    /// Posts everything there is once more; returns when it is posted. What is known already is no news to the lifecycle.
    func scan() {
        queue.sync {
            drain()
            reader.readAll().forEach(mailbox.post)
        }
    }

    func stop() {
        source.withLock { source in
            source?.cancel()
            source = nil
        }
    }

    private func drain() {
        while let events = readEvents() {
            for event in events {
                if event.overflowed {
                    reader.readAll().forEach(mailbox.post)
                } else {
                    let path = event.watch == ownWatch ? "\(WorkdirPath.own)/\(event.name)" : event.name
                    reader.read(path).forEach(mailbox.post)
                }
            }
        }
    }

    private struct Event {
        var watch: Int32
        var name: String
        /// The kernel has lost events.
        var overflowed: Bool
    }

    /// `nil` when there is nothing more to read now.
    private func readEvents() -> [Event]? {
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
                        watch: header.wd, name: String(decoding: name, as: UTF8.self),
                        overflowed: header.mask & UInt32(IN_Q_OVERFLOW) != 0))
                offset = start + Int(header.len)
            }
            return events
        }
    }
}
