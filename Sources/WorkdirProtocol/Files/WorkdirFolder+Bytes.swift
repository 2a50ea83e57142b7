import CLinux

extension WorkdirFolder {
    /// The start of any file, at most `limit` bytes; nil when there is no such file. `/proc` and cgroup files read well.
    package static func read(path: String, limit: Int) throws(FileError) -> [UInt8]? {
        // A pipe or a folder that somebody has put in the place of a marker counts as none, and must not hold us up.
        let file = clinux_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0)
        guard file >= 0 else {
            guard clinux_errno() == ENOENT else { throw .last("open", path) }
            return nil
        }
        defer { close(file) }
        guard clinux_is_regular(file) else { return nil }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while content.count < limit {
            let count = CLinux.read(file, &block, min(block.count, limit - content.count))
            if count < 0 {
                if clinux_errno() == EINTR { continue }
                throw .last("read", path)
            }
            if count == 0 { break }
            content += block[..<count]
        }
        return content
    }

    /// Writes all of `text` and gives the file the mode of an ordinary new file that everyone may read.
    static func fill(_ file: Int32, with text: String, path: String, durable: Bool) throws(FileError) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { CLinux.write(file, $0.baseAddress, $0.count) }
            if count < 0 {
                if clinux_errno() == EINTR { continue }
                throw .last("write", path)
            }
            offset += count
        }
        // mkostemp makes files that only their owner may read; agent and program may run as different users.
        guard fchmod(file, 0o644) == 0 else { throw .last("set the mode of", path) }
        if durable, fsync(file) != 0 { throw .last("synchronize", path) }
    }

    static func synchronize(folder path: String) throws(FileError) {
        let folder = clinux_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard folder >= 0 else { throw .last("open", path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .last("synchronize", path) }
    }
}
