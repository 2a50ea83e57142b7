internal import CLinux
internal import Glibc
internal import HTTPTransport

/// Files that an operator named, by path. Inputs in the workdir are not written through it but through the engine's
/// confined writer.
struct FileStore: ObjectStore {
    let traits = StoreTraits(ranges: true, lists: true, multipart: nil, checksum: nil)

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        let file = try LocalFile(key)
        return file.info
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        try FileListing.page(prefix: prefix, after: token)
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any HTTPBodySink
    ) async throws(TransferError) -> ObjectInfo {
        let file = try LocalFile(key)
        let info = file.info
        if let matching, let difference = ResponseCheck.difference(between: matching, and: info) {
            throw TransferError(
                object: key, reason: .changed, message: "the file changed while it was read: \(difference)")
        }
        try await FileFeed(file, range: range ?? 0..<file.size, into: sink).run()
        // A file has no snapshot: what was read is whole only if it is still the same.
        let after = try LocalFile(key).info
        guard after.size == info.size, after.etag == info.etag else {
            throw TransferError(object: key, reason: .changed, message: "the file changed while it was read")
        }
        return info
    }

    func write(_ key: String, _ content: any HTTPBodySource, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        try await FileDrain(path: key).run(content)
    }

    func info(_ key: String, from head: HTTPResponseHead) -> ObjectInfo { WebResponse.info(key, head) }
}

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
