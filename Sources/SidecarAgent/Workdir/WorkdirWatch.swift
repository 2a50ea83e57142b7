import CLinux
import Dispatch
import WorkdirProtocol

/// Follows main's markers: nothing wakes up while nothing changes. Each marker is read as its event is taken, so a series
/// of changes is lost only where one file was replaced before it could be read.
final class WorkdirWatch: Sendable {
    private let reader: MarkerReader
    private let mailbox: Mailbox
    private let inotify: Inotify
    private let ownWatch: Int32
    private let queue = DispatchQueue(label: "workdir")

    /// Watches from here on. Markers that are there already are posted as well; they count.
    init(_ volume: Volume, posting mailbox: Mailbox) throws(VolumeError) {
        reader = MarkerReader(volume: volume)
        self.mailbox = mailbox
        inotify = try Inotify()
        // A file that was renamed to its name or closed after writing is complete.
        let rootWatch = inotify.watch(volume.root.descriptor, IN_MOVED_TO | IN_CLOSE_WRITE)
        ownWatch = inotify.watch(volume.own.descriptor, IN_MOVED_TO | IN_CLOSE_WRITE)
        guard rootWatch >= 0, ownWatch >= 0 else { throw .last("watch (inotify)", volume.root.path) }
        inotify.start(on: queue) { [weak self] in self?.drain() }
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

    func stop() { inotify.stop() }

    private func drain() {
        while let events = inotify.read() {
            for event in events {
                if event.overflowed {
                    reader.readAll().forEach(mailbox.post)
                } else if let name = event.name {
                    reader.read(event.watch == ownWatch ? "\(WorkdirPath.own)/\(name)" : name).forEach(mailbox.post)
                }
            }
        }
    }
}
