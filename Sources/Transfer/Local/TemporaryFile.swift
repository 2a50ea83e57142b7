import Basics
import CLinux
import Glibc
import Synchronization

/// A file being written, under a name of its own in the confined folder until it is complete. Whoever lets go of it
/// before `place` removes it, so no failure and no cancellation leaves one behind.
///
/// Writes at different offsets may come from different threads at once.
final class TemporaryFile: Sendable {
    let descriptor: Int32
    private let folder: ConfinedFolder
    private let name: String
    /// For messages: where the file is to stand in the end.
    let display: String
    private let placed = Atomic<Bool>(false)

    /// Throws where no file may stand at `destination`, before anything is fetched for it.
    init(in folder: ConfinedFolder, for destination: String) throws(TransferError) {
        try folder.checkReplaceable(destination)
        name = Self.freshName()
        self.folder = folder
        display = folder.display(destination)
        descriptor = try folder.openFile(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o666)
    }

    /// Nobody else's: random for the process, and counted within it.
    private static func freshName() -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(ConfinedFolder.temporaryPrefix)\(process)-\(String(number, radix: 36))"
    }

    private static let process = String(UInt64.random(in: 0 ... .max), radix: 36)
    private static let count = Atomic<UInt64>(0)

    deinit {
        close(descriptor)
        discard()
    }

    /// Removes the file unless it has its final name. Whoever must know that it is gone calls this: another task may hold
    /// on to the value for a moment.
    func discard() {
        if !placed.exchange(true, ordering: .relaxed) { folder.remove(name) }
    }

    /// Reserves room, so that a full disk is known before the first byte is fetched and the file is in one piece.
    func preallocate(_ size: Int64) throws(TransferError) {
        guard size > 0 else { return }
        // fallocate, not posix_fallocate, whose fallback writes every block where the file system cannot.
        if Descriptor.uninterrupted({ clinux_reserve(descriptor, size) }) == 0 { return }
        switch errno {
        case EOPNOTSUPP, ENOSYS, EINVAL: return
        default: throw .system("reserve \(size) bytes for the file", display)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(TransferError) {
        guard Descriptor.write(bytes, to: descriptor, at: offset) else { throw .system("write the file", display) }
    }

    /// Starts writing a stretch of dirty pages to disk without waiting for it.
    func startWriteback(_ range: Range<Int64>) {
        _ = clinux_sync_file_range(
            descriptor, range.lowerBound, range.upperBound - range.lowerBound, UInt32(CLINUX_SYNC_WRITE))
    }

    /// Waits until a stretch is on disk and gives its pages back.
    func dropPages(_ range: Range<Int64>) {
        let count = range.upperBound - range.lowerBound
        let wait = CLINUX_SYNC_WAIT_BEFORE | CLINUX_SYNC_WRITE | CLINUX_SYNC_WAIT_AFTER
        _ = clinux_sync_file_range(descriptor, range.lowerBound, count, UInt32(wait))
        posix_fadvise(descriptor, off_t(range.lowerBound), off_t(count), POSIX_FADV_DONTNEED)
    }

    /// Cuts off what a longer attempt before has left.
    func truncate(to size: Int64) throws(TransferError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw .system("truncate the file", display) }
    }

    /// Passes the first `size` bytes through `body` piece by piece.
    func forEachPiece(
        upTo size: Int64, _ body: (UnsafeRawBufferPointer) throws(TransferError) -> Void
    ) throws(TransferError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < size {
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, Int(size - offset))])
            let count = Descriptor.read(descriptor, into: wanted, at: offset)
            guard count > 0 else { throw .system("read back the file", display) }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }

    func synchronize() throws(TransferError) {
        guard fsync(descriptor) == 0 else { throw .system("synchronize the file", display) }
    }

    /// Gives the file its final name, in one step for every reader; folders above it are made.
    func place(at destination: String) throws(TransferError) -> FileIdentity {
        let identity = try FileIdentity(descriptor: descriptor, display: display)
        // Once more: it may stand there since.
        try folder.checkReplaceable(destination)
        do {
            try folder.move(name, to: destination)
        } catch  where error.reason == .local(errno: ENOENT) {
            try folder.makeFolder(ConfinedFolder.split(destination).above)
            try folder.move(name, to: destination)
        }
        placed.store(true, ordering: .relaxed)
        return identity
    }
}

extension FileIdentity {
    init(descriptor: Int32, display: String) throws(TransferError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("look at the file", display) }
        self.init(status)
    }

    init(_ status: stat) {
        self.init(
            size: Int64(status.st_size),
            // Whoever owns the file sets its time, beyond what 64 bits hold in nanoseconds, too: other times stay other numbers.
            modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec),
            inode: UInt64(status.st_ino))
    }
}
