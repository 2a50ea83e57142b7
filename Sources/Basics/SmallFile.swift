internal import Glibc

/// Reads files that are small by nature: configurations, tokens, certificates, `/proc` and cgroup files.
package enum SmallFile {
    package struct Failure: Error, CustomStringConvertible {
        package var path: String
        package var code: Int32
        package var reason: String

        package var description: String { "cannot read \(path): \(reason)" }
    }

    /// The whole file; refused beyond `limit` bytes. Folders, sockets and the like are refused.
    package static func bytes(_ path: String, limit: Int = 1 << 20) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        // Files of the kernel say that they are empty: only reading tells.
        var content: [UInt8] = []
        while true {
            let start = content.count
            let wanted = max(4096, start)
            content.append(contentsOf: repeatElement(0, count: wanted))
            let count = content.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress.map { $0 + start }, wanted)
            }
            content.removeLast(wanted - max(count, 0))
            if count == 0 { return content }
            if count < 0, errno != EINTR { throw failure(path) }
            guard content.count <= limit else {
                throw Failure(path: path, code: EFBIG, reason: "larger than \(limit) bytes")
            }
        }
    }

    /// The file as text without white space at its ends.
    package static func text(_ path: String, limit: Int = 1 << 20) throws(Failure) -> String {
        let content = try bytes(path, limit: limit)
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let trimmed = content.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: Array(trimmed), as: UTF8.self)
    }

    private static func failure(_ path: String) -> Failure {
        let code = errno
        return Failure(path: path, code: code, reason: String(cString: strerror(code)))
    }
}
