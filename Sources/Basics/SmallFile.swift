internal import CLinux
internal import Glibc

/// Reads files that are small by nature: configurations, tokens, certificates, `/proc` and cgroup files.
///
/// Whole or not at all: an error in the middle is an error, and a file beyond the limit is refused.
package enum SmallFile {
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package var path: String
        package var code: Int32
        package var reason: String

        package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
        /// A folder, a pipe, a device: what is read otherwise, or once.
        package var isOfAnotherKind: Bool { code == EINVAL }
        package var description: String { "cannot read \(path): \(reason)" }
    }

    /// The whole file; refused beyond `limit` bytes. Folders, sockets and the like are refused.
    ///
    /// - Parameter pipes: reads pipes and devices as well, and waits for them: for files that whoever started this
    ///   process has named (`<(…)` of a shell, `/dev/stdin`).
    package static func bytes(
        _ path: String, limit: Int = 1 << 20, pipes: Bool = false
    ) throws(Failure) -> [UInt8] {
        // Else a named pipe would wait for its writer.
        let waiting = pipes ? 0 : O_NONBLOCK
        let descriptor = Descriptor.uninterrupted { open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | waiting) }
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard pipes || clinux_is_regular(descriptor) else {
            throw Failure(path: path, code: EINVAL, reason: "not a regular file")
        }
        guard let content = [UInt8](readingAllOf: descriptor, limit: limit + 1) else { throw failure(path) }
        guard content.count <= limit else {
            throw Failure(path: path, code: EFBIG, reason: "larger than \(limit) bytes")
        }
        return content
    }

    /// `nil` where there is no such file.
    package static func bytesIfPresent(
        _ path: String, limit: Int = 1 << 20, pipes: Bool = false
    ) throws(Failure) -> [UInt8]? {
        do throws(Failure) { return try bytes(path, limit: limit, pipes: pipes) } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    /// The file as text without white space at its ends.
    package static func text(
        _ path: String, limit: Int = 1 << 20, pipes: Bool = false
    ) throws(Failure) -> String {
        let content = try bytes(path, limit: limit, pipes: pipes)
        let trimmed = content.drop(while: ASCII.isSpace).reversed().drop(while: ASCII.isSpace).reversed()
        return String(decoding: Array(trimmed), as: UTF8.self)
    }

    private static func failure(_ path: String) -> Failure {
        let code = errno
        return Failure(path: path, code: code, reason: String(cString: strerror(code)))
    }
}
