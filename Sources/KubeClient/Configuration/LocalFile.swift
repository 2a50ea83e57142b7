internal import Glibc

/// Reads what configurations consist of: kubeconfigs, tokens, certificates. Pipes are read, too (`<(…)` of a shell).
enum LocalFile {
    struct Failure: Error, Equatable {
        var path: String
        var isMissing: Bool
        var reason: String
    }

    static let limit = 4 << 20

    /// The whole file; refused beyond `limit` bytes.
    static func bytes(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        while true {
            let chunk = try read(descriptor, path)
            if chunk.isEmpty { return content }
            content += chunk
            guard content.count <= limit else {
                throw Failure(path: path, isMissing: false, reason: "larger than \(limit) bytes")
            }
        }
    }

    /// The file as text without white space at its ends.
    static func text(_ path: String) throws(Failure) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let trimmed = try bytes(path).drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: Array(trimmed), as: UTF8.self)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// `path` as seen from `folder`.
    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }

    /// Everything before the last slash; empty for the working folder.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(Failure) -> [UInt8] {
        while true {
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, filled in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                filled = max(0, count)
            }
            if count >= 0 { return chunk }
            guard errno == EINTR else { throw failure(path) }
        }
    }

    private static func failure(_ path: String) -> Failure {
        let code = errno
        return Failure(
            path: path, isMissing: code == ENOENT || code == ENOTDIR, reason: String(cString: strerror(code)))
    }
}
