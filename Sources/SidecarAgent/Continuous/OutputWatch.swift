import Basics
import CLinux
import Dispatch
import Glibc
import Synchronization
import WorkdirProtocol

/// Follows the files in `output/`, in folders within folders, however main makes, moves and removes those.
final class OutputWatch: Sendable {
    enum Change: Sendable, Equatable {
        /// A file was closed after writing, or renamed to this path.
        case closed(String)
        /// A file lies there whose closing was not seen.
        case found(String)
        /// Something was not seen; look through everything when there is time.
        case lost
    }

    /// Folders watched at once; files in others are stored at the end.
    private static let limit = 4096
    private static let mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE

    private let volume: Volume
    private let inotify: Inotify
    private let rootWatch: Int32
    /// By watch, the path below `output/`; "" is that itself.
    private let folders = Mutex<[Int32: String]>([:])
    private let queue = DispatchQueue(label: "outputs")
    private let tell: @Sendable (Change) -> Void

    /// Watches from here on, and tells of what lies there already.
    init(_ volume: Volume, tell: @escaping @Sendable (Change) -> Void) throws(VolumeError) {
        self.volume = volume
        self.tell = tell
        inotify = try Inotify()
        // `output` itself may be exchanged.
        rootWatch = inotify.watch(volume.root.descriptor, IN_MOVED_TO | IN_CREATE)
        guard rootWatch >= 0 else { throw .last("watch (inotify)", volume.root.path) }
        inotify.start(on: queue) { [weak self] in self?.drain() }
        scan()
    }

    deinit { stop() }

    /// Looks through everything.
    func scan() { queue.sync { add("") } }

    func stop() { inotify.stop() }

    private func drain() {
        while let events = inotify.read() {
            for event in events {
                if event.overflowed { tell(.lost) } else { take(event) }
            }
        }
    }

    private func take(_ event: Inotify.Event) {
        if event.isEnd {
            folders.withLock { _ = $0.removeValue(forKey: event.watch) }
            return
        }
        guard let name = event.name else { return }
        if event.watch == rootWatch {
            if name == WorkdirPath.output, event.isFolder { add("") }
        } else if let folder = folders.withLock({ $0[event.watch] }) {
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if event.isFolder {
                add(path)
            } else if event.mask & UInt32(IN_CREATE) == 0 {
                tell(.closed(path))
            }
        }
    }

    /// Watches the folder and all in it, and tells of the files there: one that was made before its folder was watched was
    /// not seen. A folder that was moved here keeps its watch and gets its new path.
    private func add(_ path: String) {
        var pending = [path]
        while let path = pending.popLast() {
            let folder = Beneath.open(
                volume.root.descriptor, path.isEmpty ? WorkdirPath.output : "\(WorkdirPath.output)/\(path)",
                O_RDONLY | O_DIRECTORY)
            guard folder >= 0 else { continue }
            defer { close(folder) }
            let watch = inotify.watch(folder, Self.mask)
            let isWatched = folders.withLock { folders in
                guard watch >= 0, folders.count < Self.limit || folders[watch] != nil else { return false }
                folders[watch] = path
                return true
            }
            guard isWatched else { continue }
            for name in Beneath.names(in: folder) ?? [] {
                var status = stat()
                guard let text = name.text, fstatat(folder, name.bytes, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                    continue
                }
                let inner = path.isEmpty ? text : "\(path)/\(text)"
                switch status.st_mode & S_IFMT {
                case S_IFDIR: pending.append(inner)
                case S_IFREG: tell(.found(inner))
                default: break
                }
            }
        }
    }
}
