import Basics
import CLinux

/// The shared volume as a place for the protocol's small files. Paths are `WorkdirPath`s, relative to the root.
///
/// A file is replaced whole: whoever reads sees the old content or the new, and a watcher sees one `IN_MOVED_TO`.
package struct WorkdirFolder: Sendable {
    package let root: String

    /// The largest file `read` returns, in bytes: what the other side wrote is not trusted to be small.
    package static let readLimit = 1 << 20

    package init(root: String) {
        self.root = root
    }

    package func path(_ relative: String) -> String {
        "\(root)/\(relative)"
    }

    /// Replaces the file by way of a temporary file and `rename`; with `durable`, content and name survive a power
    /// failure. The folder must exist. On failure nothing has changed and no temporary file remains.
    package func write(_ text: String, to relative: String, durable: Bool = false) throws(FileError) {
        let target = path(relative)
        var pattern = Array("\(folder(of: target))/.kpipe-XXXXXX".utf8CString)
        let file = clinux_mkostemp(&pattern, O_CLOEXEC)
        guard file >= 0 else { throw .last("create", target) }
        do throws(FileError) {
            do throws(FileError) {
                try Self.fill(file, with: text, path: target, durable: durable)
            } catch {
                close(file)
                throw error
            }
            guard close(file) == 0 else { throw .last("write", target) }
            guard rename(pattern, target) == 0 else { throw .last("rename to", target) }
        } catch {
            unlink(pattern)
            throw error
        }
        if durable { try Self.synchronize(folder: folder(of: target)) }
    }

    /// The file's content, cut off at `readLimit`; nil when there is no such file.
    package func read(_ relative: String) throws(FileError) -> [UInt8]? {
        try Self.read(path: path(relative), limit: Self.readLimit)
    }

    package func exists(_ relative: String) -> Bool {
        access(path(relative), F_OK) == 0
    }

    /// Whether there was such a file; false as well when it has gone already.
    @discardableResult
    package func remove(_ relative: String) throws(FileError) -> Bool {
        guard unlink(path(relative)) != 0 else { return true }
        guard clinux_errno() == ENOENT else { throw .last("remove", path(relative)) }
        return false
    }

    package func makeFolder(_ relative: String) throws(FileError) { try Self.makeFolder(path: path(relative)) }

    private func folder(of path: String) -> String {
        let bytes = path.utf8
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == bytes.startIndex ? "/" : String(path[..<slash])
    }
}

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
        guard let content = [UInt8](readingAllOf: file, limit: limit) else { throw .last("read", path) }
        return content
    }

    /// Makes the folder unless it exists, for all to write whatever the umask: agent and program may run as different users.
    /// The folder above must exist.
    package static func makeFolder(path: String) throws(FileError) {
        guard mkdir(path, 0o777) == 0 else {
            if clinux_errno() == EEXIST { return }
            throw .last("make folder", path)
        }
        var status = stat()
        // The set-group bit of an fsGroup stays.
        guard stat(path, &status) == 0, chmod(path, status.st_mode & 0o7777 | 0o777) == 0 else {
            throw .last("make writable", path)
        }
    }

    /// Writes all of `text` and gives the file the mode of an ordinary new file that everyone may read.
    static func fill(_ file: Int32, with text: String, path: String, durable: Bool) throws(FileError) {
        let bytes = Array(text.utf8)
        guard bytes.withUnsafeBytes({ Descriptor.write($0, to: file) }) else { throw .last("write", path) }
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

/// A file operation of the protocol that failed: what was attempted, on what, and why.
package struct FileError: Error, Sendable, Equatable {
    /// What was attempted: `write`, `rename`.
    package var operation: String
    package var path: String
    /// The errno.
    package var code: Int32

    package init(operation: String, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// The error of the call that has just failed.
    package static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: clinux_errno())
    }

    package var message: String {
        "cannot \(operation) \(path): \(String(cString: strerror(code)))"
    }
}

extension FileError: CustomStringConvertible {
    package var description: String { message }
}
