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

    /// Makes the folder unless it exists. The folder above must exist.
    package func makeFolder(_ relative: String) throws(FileError) {
        guard mkdir(path(relative), 0o777) != 0 else { return }
        guard clinux_errno() == EEXIST else { throw .last("make folder", path(relative)) }
    }

    private func folder(of path: String) -> String {
        let bytes = path.utf8
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == bytes.startIndex ? "/" : String(path[..<slash])
    }
}
