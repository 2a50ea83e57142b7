import Basics
import CLinux
import Glibc
import Report
import WorkdirProtocol

/// The end of main's log, which main may make as long as it likes, or anything but a file.
enum LogTail {
    static let bytes = 64 << 10
    static let lines = 400

    static func read(in folder: FolderHandle) -> RecordedLog {
        var log = RecordedLog()
        let name = String(WorkdirPath.outputLog.dropFirst(WorkdirPath.output.utf8.count + 1))
        guard let (tail, before) = folder.tail(name, limit: bytes) else { return log }
        var text = tail[...]
        // A line that was cut in two begins nowhere.
        if before > 0 { text = text.drop { $0 != ASCII.newline }.dropFirst() }
        let all = text.split(separator: ASCII.newline, omittingEmptySubsequences: false)
        let whole = all.last?.isEmpty == true ? all.dropLast() : all
        log.lines = whole.suffix(lines).map { String(decoding: $0.prefix(2000), as: UTF8.self) }
        let shown = whole.suffix(lines).reduce(0) { $0 + $1.count + 1 }
        log.omitted = before + Int64(max(0, tail.count - shown))
        return log
    }
}

extension FolderHandle {
    /// The last `limit` bytes of a regular file, and how many stand before them. A link, a pipe or a folder counts as none.
    fileprivate func tail(_ name: String, limit: Int) -> (bytes: [UInt8], before: Int64)? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let before = max(0, Int64(status.st_size) - Int64(limit))
        guard lseek(file, off_t(before), SEEK_SET) >= 0, let bytes = [UInt8](readingAllOf: file, limit: limit) else {
            return nil
        }
        return (bytes, before)
    }
}
