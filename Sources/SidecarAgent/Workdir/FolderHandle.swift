import Glibc
import WorkdirProtocol

/// One folder of the volume, held open. Names are single components and links are never followed, because the other
/// container can write here too and may put anything in the place of a file.
final class FolderHandle: Sendable {
    /// Temporary files are told by their names; only the one live agent makes them here.
    static let temporaryPrefix = ".kpipe-"

    /// For messages.
    let path: String
    let descriptor: Int32

    init(path: String) throws(VolumeError) {
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
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
        let made = mkdirat(descriptor, name, 0o777) == 0
        guard made || errno == EEXIST else { throw .last("make the folder", display(name)) }
        let opened = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else {
            guard errno == ENOTDIR || errno == ELOOP else { throw .last("open the folder", display(name)) }
            throw VolumeError(.inputOutput, "\(display(name)) is not a folder but a file or a link; remove it")
        }
        let folder = FolderHandle(opened, path: display(name))
        // Agent and main may run as different users; the set-group bit of an fsGroup stays.
        var status = stat()
        if openToAll, fstat(opened, &status) == 0 { fchmod(opened, status.st_mode & 0o7777 | 0o777) }
        return folder
    }

    func display(_ name: String) -> String { "\(path)/\(name)" }

    /// A small regular file, cut off at `limit` bytes. `nil` when there is none; a link, a pipe or a folder in its
    /// place counts as none.
    func read(_ name: String, limit: Int = 4096) -> MarkerFile? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let size = min(limit, Int(status.st_size))
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            while filled < size {
                let count = Glibc.read(file, buffer.baseAddress.map { $0 + filled }, size - filled)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                filled += count
            }
        }
        return MarkerFile(
            bytes: bytes,
            identity: "\(status.st_ino).\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
    }

    func exists(_ name: String) -> Bool {
        faccessat(descriptor, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0
    }

    static func writeAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = write(file, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                written += count
            }
            return true
        }
    }
}

/// A marker as it lay there.
struct MarkerFile: Sendable, Equatable {
    var bytes: [UInt8]
    /// Tells it from an earlier or later file of the same name.
    var identity: String
}
