internal import CArchive
// Linked in the place of libarchive's own tables of ciphers; nothing of it is called here.
internal import CArchiveCrypto
internal import CLinux
internal import Glibc

/// Reads an archive entry by entry with libarchive: tar, with gzip, bzip2, xz or zstd around it, and zip. Blocks.
///
/// One thread uses it at a time; it lives within one function call.
final class ArchiveReader {
    private let archive: OpaquePointer
    private let object: String
    private let opened: Bool
    private let locale = ArchiveLocale()
    private let input: Input?

    private static let blockSize = 64 << 10

    /// What libarchive's callback reads from: the piece that it was given last must stay where it is.
    private final class Input {
        private let handover: Handover
        private var bytes: UnsafeMutableRawBufferPointer?
        /// The first bytes of all.
        private(set) var start: [UInt8] = []
        var failure: TransferError?

        init(_ handover: Handover) { self.handover = handover }
        deinit { bytes?.deallocate() }

        func next() throws(TransferError) -> UnsafeMutableRawBufferPointer? {
            guard let piece = try handover.take() else { return nil }
            if start.isEmpty { start = Array(piece.prefix(4)) }
            if bytes.map({ $0.count < piece.count }) ?? true {
                bytes?.deallocate()
                bytes = .allocate(byteCount: piece.count, alignment: 16)
            }
            bytes?.copyBytes(from: piece)
            return UnsafeMutableRawBufferPointer(start: bytes?.baseAddress, count: piece.count)
        }
    }

    /// Reads from the start of `descriptor`, which stays the caller's. `object` names the archive in errors.
    convenience init(descriptor: Int32, object: String) throws(TransferError) {
        lseek(descriptor, 0, SEEK_SET)
        try self.init(object, nil) { archive_read_open_fd($0, descriptor, Self.blockSize) }
    }

    /// Reads what a task hands over, once and in order: any form but zip, whose names and kinds stand at its end.
    convenience init(_ handover: Handover, object: String) throws(TransferError) {
        let input = Input(handover)
        try self.init(object, input) { archive in
            archive_read_open(
                archive, Unmanaged.passUnretained(input).toOpaque(), nil,
                { _, context, bytes in
                    guard let context else { return -1 }
                    let input = Unmanaged<Input>.fromOpaque(context).takeUnretainedValue()
                    do throws(TransferError) {
                        let piece = try input.next()
                        bytes?.pointee = UnsafeRawPointer(piece?.baseAddress)
                        return piece?.count ?? 0
                    } catch {
                        input.failure = error
                        return -1
                    }
                }, nil)
        }
    }

    private init(_ object: String, _ input: Input?, _ open: (OpaquePointer) -> Int32) throws(TransferError) {
        guard let archive = archive_read_new() else {
            throw TransferError(object: object, reason: .local(errno: ENOMEM), message: "cannot read the archive")
        }
        self.archive = archive
        self.object = object
        self.input = input
        archive_read_support_format_tar(archive)
        if input == nil { archive_read_support_format_zip(archive) }
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_bzip2(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_zstd(archive)
        opened = open(archive) == ARCHIVE_OK
    }

    deinit { archive_read_free(archive) }

    /// A form that cannot be read as it comes.
    var isZip: Bool { input?.start.starts(with: [UInt8(ascii: "P"), UInt8(ascii: "K")]) ?? false }

    /// The next entry; `nil` after the last. Throws `.archive` when the archive is damaged, cut short, or none at all.
    func next() throws(TransferError) -> ArchiveEntry? {
        guard opened else { throw failure }
        var entry: OpaquePointer?
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK, ARCHIVE_WARN: break
        default: throw failure
        }
        guard let entry else { return nil }
        guard let path = Self.text(archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry)) else {
            throw refusal("an entry has a name that is not UTF-8")
        }
        return ArchiveEntry(
            path: path, kind: try kind(of: entry, path), permissions: archive_entry_perm(entry),
            modified: archive_entry_mtime_is_set(entry) != 0
                ? (archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)) : nil)
    }

    /// Passes the current entry's content through `body`, with the place of each piece.
    func forEachPiece(_ body: (UnsafeRawBufferPointer, Int64) throws(TransferError) -> Void) throws(TransferError) {
        while true {
            var start: UnsafeRawPointer?
            var (count, offset) = (0, Int64(0))
            switch archive_read_data_block(archive, &start, &count, &offset) {
            case ARCHIVE_EOF: return
            case ARCHIVE_OK, ARCHIVE_WARN: try body(UnsafeRawBufferPointer(start: start, count: count), offset)
            default: throw failure
            }
        }
    }

    /// Whether the content is, or began as, an archive in a form that is read here; known after the first `next`.
    var isRecognized: Bool { archive_format(archive) != 0 || archive_errno(archive) != Self.foreignFormat }

    /// ARCHIVE_ERRNO_FILE_FORMAT, a macro that Swift cannot see.
    private static let foreignFormat = EILSEQ

    private func kind(of entry: OpaquePointer, _ path: String) throws(TransferError) -> ArchiveEntry.Kind {
        if let target = archive_entry_hardlink_utf8(entry) ?? archive_entry_hardlink(entry) {
            guard let text = Self.text(target) else { throw refusal("the link '\(path)' is not UTF-8") }
            return .hardLink(text)
        }
        switch mode_t(archive_entry_filetype(entry)) {
        case S_IFREG: return .file(archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil)
        case S_IFDIR: return .folder
        case S_IFLNK:
            guard let text = Self.text(archive_entry_symlink_utf8(entry) ?? archive_entry_symlink(entry)) else {
                throw refusal("the link '\(path)' leads to nothing that can be read")
            }
            return .symbolicLink(text)
        default: return .special
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        pointer.flatMap(String.init(validatingCString:))
    }

    private var failure: TransferError {
        if let failure = input?.failure { return failure }
        let words = archive_error_string(archive).map { String(cString: $0) } ?? "unknown format"
        return refusal("cannot be read: \(words)")
    }

    private func refusal(_ message: String) -> TransferError {
        TransferError(object: object, reason: .archive, message: "the archive \(message)", hint: nil)
    }
}

/// What an archive says of one of its entries, unchecked.
struct ArchiveEntry: Sendable {
    enum Kind: Sendable, Equatable {
        /// With its size, where the archive tells it in advance.
        case file(Int64?)
        case folder
        case symbolicLink(String)
        /// To an entry that came before, named from the archive's root.
        case hardLink(String)
        /// Device, pipe or socket.
        case special
    }

    var path: String
    var kind: Kind
    var permissions: mode_t
    var modified: (seconds: Int, nanoseconds: Int)?
}
