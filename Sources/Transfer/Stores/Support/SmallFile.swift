internal import Glibc

/// Reads configuration, tokens and keys: files that fit in memory many times over.
enum SmallFile {
    static let limit = 1 << 20

    /// `nil` where there is no such file. Throws the errno of any other failure, `EFBIG` beyond the limit.
    static func read(_ path: String) throws(SmallFileError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw SmallFileError(errno: errno)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                count = max(0, Glibc.read(descriptor, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        throw SmallFileError(errno: EFBIG)
    }
}

struct SmallFileError: Error, CustomStringConvertible {
    var errno: Int32
    var description: String { String(cString: strerror(errno)) }
}
