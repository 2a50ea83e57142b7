import Basics
import CLinux
import Glibc
import WorkdirProtocol

/// One folder of the volume, held open. No link is ever followed, because the other container can write here too and may
/// put anything in the place of a file.
final class FolderHandle: Sendable {
    /// For messages.
    let path: String
    let descriptor: Int32

    init(path: String, creating: Bool = false) throws(VolumeError) {
        if creating, mkdir(path, 0o700) != 0, errno != EEXIST { throw .last("make the folder", path) }
        descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open the folder", path) }
        self.path = path
    }

    private init(_ descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// The folder `name`, made where it is missing. A link in its place is refused.
    func folder(_ name: String, openToAll: Bool = false) throws(VolumeError) -> FolderHandle {
        let opened = try open(folder: name)
        // Agent and main may run as different users; the set-group bit of an fsGroup stays.
        var status = stat()
        if openToAll, fstat(opened, &status) == 0 { fchmod(opened, status.st_mode & 0o7777 | 0o777) }
        return FolderHandle(opened, path: display(name))
    }

    /// A descriptor of the folder `name`, made where it is missing; the caller closes it.
    func open(folder name: String) throws(VolumeError) -> Int32 {
        guard mkdirat(descriptor, name, 0o777) == 0 || errno == EEXIST else {
            throw .last("make the folder", display(name))
        }
        let opened = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else {
            guard errno == ENOTDIR || errno == ELOOP else { throw .last("open the folder", display(name)) }
            throw VolumeError(
                .inputOutput, "\(display(name)) is not a folder but a file or a link, which is not followed; remove it")
        }
        return opened
    }

    /// Whether this is still what `parent` has by that name: the other container may have deleted or moved it.
    func isAt(_ name: String, in parent: FolderHandle) -> Bool {
        var (own, there) = (stat(), stat())
        return fstat(descriptor, &own) == 0 && fstatat(parent.descriptor, name, &there, AT_SYMLINK_NOFOLLOW) == 0
            && own.st_dev == there.st_dev && own.st_ino == there.st_ino
    }

    func display(_ name: String) -> String { "\(path)/\(name)" }

    /// A small regular file, cut off at `limit` bytes. `nil` when there is none; a link, a pipe or a folder in its
    /// place counts as none.
    func read(_ name: String, limit: Int = 4096) -> MarkerFile? {
        let file = Beneath.open(descriptor, name, O_RDONLY | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let size = min(limit, Int(status.st_size))
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<size])
            count = Descriptor.read(file, into: room)
            filled = max(0, count)
        }
        guard count >= 0 else { return nil }
        return MarkerFile(
            bytes: bytes,
            identity: "\(status.st_ino).\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
    }

    func exists(_ name: String) -> Bool {
        faccessat(descriptor, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
    }

    static func writeAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { Descriptor.write($0, to: file) }
    }
}

/// A marker as it lay there.
struct MarkerFile: Sendable, Equatable {
    var bytes: [UInt8]
    /// Tells it from an earlier or later file of the same name.
    var identity: String
}

extension FolderHandle {
    /// Replaces the file whole, by way of a temporary one in the same folder. Content and name survive a power failure.
    /// Whatever else stands in its place goes.
    func replace(_ name: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(VolumeError) {
        try replace(name, mode: mode) { Self.writeAll($0, bytes) }
    }

    /// Replaces the file by a copy of the one at `source`, which the kernel makes.
    func copy(_ source: String, to name: String, mode: mode_t) throws(VolumeError) {
        let original = Glibc.open(source, O_RDONLY | O_CLOEXEC)
        guard original >= 0 else { throw .last("read", source) }
        defer { close(original) }
        try replace(name, mode: mode) { file in
            while true {
                let count = Descriptor.uninterrupted { sendfile(file, original, nil, 1 << 30) }
                if count <= 0 { return count == 0 }
            }
        }
    }

    /// Replaces the file by one that `fill` writes.
    func replace(_ name: String, mode: mode_t, _ fill: (Int32) -> Bool) throws(VolumeError) {
        let temporary = Beneath.temporaryPrefix + name
        try remove(temporary)
        let file = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw .last("write", display(name)) }
        let isWritten = fill(file) && fchmod(file, mode) == 0 && fsync(file) == 0
        guard isWritten else {
            let error = VolumeError.last("write", display(name))
            close(file)
            unlinkat(descriptor, temporary, 0)
            throw error
        }
        close(file)
        if renameat(descriptor, temporary, descriptor, name) != 0 {
            var error: VolumeError? = .last("rename a temporary file to", display(name))
            if errno == EISDIR || errno == ENOTEMPTY || errno == EEXIST {
                try remove(name)
                if renameat(descriptor, temporary, descriptor, name) == 0 { error = nil }
            }
            if let error {
                unlinkat(descriptor, temporary, 0)
                throw error
            }
        }
        fsync(descriptor)
    }

    /// Removes a file, a link, or a folder with all it holds; nothing there is fine. Never crosses a link.
    func remove(_ name: String) throws(VolumeError) {
        guard Beneath.remove(EntryName(name), from: descriptor) else { throw .last("remove", display(name)) }
    }

    /// Empties the folder, but for `kept`.
    func removeAll(except kept: Set<String> = []) throws(VolumeError) {
        for name in try names() where name.text.map(kept.contains) != true {
            guard Beneath.remove(name, from: descriptor) else { throw .last("remove", display(name.escaped)) }
        }
    }

    func names() throws(VolumeError) -> [EntryName] {
        guard let names = Beneath.names(in: descriptor) else { throw .last("list", path) }
        return names
    }

    /// Moves `name` into `target`, which holds nothing of that name.
    func move(_ name: EntryName, to target: FolderHandle) throws(VolumeError) {
        guard renameat(descriptor, name.bytes, target.descriptor, name.bytes) == 0 || errno == ENOENT else {
            throw .last("move away", display(name.escaped))
        }
    }
}
