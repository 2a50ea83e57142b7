import Basics
import CLinux
import Glibc

/// A regular file being read for an upload, and what it was when it was opened: a program that still writes to it must
/// not go unnoticed.
final class SourceFile: Sendable {
    let descriptor: Int32
    let identity: FileIdentity
    let modified: timespec
    let display: String
    /// Who may read, write and run it.
    let permissions: mode_t

    /// Takes the descriptor over. Throws `.local` for anything but a regular file.
    init(descriptor: Int32, display: String) throws(TransferError) {
        self.descriptor = descriptor
        self.display = display
        var status = stat()
        let looked = fstat(descriptor, &status) == 0
        identity = FileIdentity(status)
        modified = status.st_mtim
        permissions = status.st_mode & 0o777
        guard looked, status.st_mode & S_IFMT == S_IFREG else {
            throw TransferError(display, .local(errno: EINVAL), "is not a regular file")
        }
    }

    deinit { close(descriptor) }

    /// Fills `buffer` from `offset` on; fewer bytes only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(TransferError) -> Int {
        let count = Descriptor.read(descriptor, into: buffer, at: offset)
        guard count >= 0 else { throw .system("read the file", display) }
        return count
    }

    /// Throws `.changed` if the file is not what it was.
    func checkUnchanged() throws(TransferError) {
        guard try FileIdentity(descriptor: descriptor, display: display) == identity else { throw changed }
    }

    var changed: TransferError {
        TransferError(
            display, .changed, "the file changed while it was being stored",
            hint: "write outputs to another name and rename them when they are complete")
    }

    /// Passes `range` through `body` piece by piece. Throws `.changed` if the file ends early.
    func forEachPiece(
        of range: Range<Int64>, size: Int = 256 << 10, _ body: (UnsafeRawBufferPointer) throws(TransferError) -> Void
    ) throws(TransferError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = Int(min(Int64(size), range.upperBound - offset))
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: offset)
            guard count == wanted else { throw changed }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }
}

extension SourceFile {
    /// See `ExistingFile`. Reads the file where the store's checksum decides.
    func isSame(as info: ObjectInfo, _ direction: ExistingFile.Direction, _ meter: TransferMeter)
        async throws(TransferError) -> Bool
    {
        let (size, modified) = (identity.size, Int64(modified.tv_sec))
        return try await BlockingPool.shared.run { [self] isCancelled throws(TransferError) in
            try ExistingFile.isSame(size: size, modified: modified, info, direction) {
                algorithm throws(TransferError) in
                var digester = SourceDigester(sha256: false, algorithm: algorithm)
                return try digester.pass(self, 0..<size, meter, isCancelled)
            }
        }
    }
}

/// Whether a file and an object are taken for the same without moving a byte. Pure.
///
/// | size | checksum | time | same |
/// | --- | --- | --- | --- |
/// | differs, or not known | | | no |
/// | equal | equal | | yes |
/// | equal | differs | | no |
/// | equal | not known | the target is not older than the source | yes |
/// | equal | not known | older, or not known | no |
enum ExistingFile {
    enum Direction {
        /// The object is the source.
        case fetched
        case stored
    }

    /// - Parameter checksum: of the file, by the algorithm that the store tells; asked for only where that decides.
    static func isSame(
        size: Int64, modified: Int64, _ info: ObjectInfo, _ direction: Direction,
        checksum: (ChecksumAlgorithm) throws(TransferError) -> Checksum?
    ) throws(TransferError) -> Bool {
        guard info.size == size else { return false }
        if let told = info.checksum, let found = try checksum(told.algorithm) { return found == told }
        guard let time = seconds(info.lastModified) else { return false }
        return direction == .fetched ? modified >= time : time >= modified
    }

    /// The same of two objects.
    static func isSame(_ target: ObjectInfo, as source: ObjectInfo) -> Bool {
        guard let size = target.size else { return false }
        let same = try? isSame(size: size, modified: seconds(target.lastModified) ?? .min, source, .fetched) {
            (algorithm) throws(TransferError) in
            target.checksum?.algorithm == algorithm && !target.isComposite ? target.checksum : nil
        }
        return same ?? false
    }

    /// As listings (RFC 3339) and answers (RFC 9110) write it.
    private static func seconds(_ text: String?) -> Int64? {
        text.flatMap { (CivilTime(http: $0) ?? CivilTime(internet: $0))?.secondsSince1970 }
    }
}
