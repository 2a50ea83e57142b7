internal import CLinux
internal import Glibc

/// A regular file, open for reading.
final class LocalFile: Sendable {
    let path: String
    let size: Int64
    let info: ObjectInfo
    private let descriptor: Int32

    init(_ path: String) throws(TransferError) {
        // Without O_NONBLOCK a named pipe would wait for its writer.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.failure(path, code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw TransferError(
                object: path, reason: .configuration, message: isFolder ? "is a folder" : "is not a regular file",
                hint: isFolder ? "write \(path)/ for what it holds" : nil)
        }
        self.path = path
        size = Int64(status.st_size)
        info = ObjectInfo(key: path, size: size, etag: Self.tag(status))
    }

    deinit { close(descriptor) }

    /// Bytes read, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(TransferError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw Self.failure(path, errno) }
        }
    }

    /// Changes whenever the content does, as far as the file system tells.
    static func tag(_ status: stat) -> String {
        "\"\(status.st_ino)-\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)\""
    }

    static func failure(_ path: String, _ code: Int32) -> TransferError {
        let reason: TransferError.Reason =
            switch code {
            case ENOENT, ENOTDIR: .notFound
            case EACCES, EPERM, EROFS: .permission
            case ENOSPC, EDQUOT: .noSpace
            default: .local(errno: code)
            }
        return TransferError(object: path, reason: reason, message: String(cString: strerror(code)))
    }
}
