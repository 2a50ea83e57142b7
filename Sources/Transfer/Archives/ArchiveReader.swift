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
    /// Names in archives are UTF-8; libarchive goes by the thread's locale, which in a container is C.
    private let previousLocale: locale_t?
    private let locale: locale_t?

    private static let blockSize = 64 << 10

    /// Reads from the start of `descriptor`, which stays the caller's. `object` names the archive in errors.
    init(descriptor: Int32, object: String) throws(TransferError) {
        guard let archive = archive_read_new() else {
            throw TransferError(object: object, reason: .local(errno: ENOMEM), message: "cannot read the archive")
        }
        self.archive = archive
        self.object = object
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
        previousLocale = locale.flatMap { uselocale($0) }
        archive_read_support_format_tar(archive)
        archive_read_support_format_zip(archive)
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_bzip2(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_zstd(archive)
        lseek(descriptor, 0, SEEK_SET)
        opened = archive_read_open_fd(archive, descriptor, Self.blockSize) == ARCHIVE_OK
    }

    deinit {
        archive_read_free(archive)
        if let locale {
            uselocale(previousLocale)
            freelocale(locale)
        }
    }

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
            modified: archive_entry_mtime_is_set(entry) != 0 ? archive_entry_mtime(entry) : nil)
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
        let words = archive_error_string(archive).map { String(cString: $0) } ?? "unknown format"
        return refusal("cannot be read: \(words)")
    }

    private func refusal(_ message: String) -> TransferError {
        TransferError(object: object, reason: .archive, message: "the archive \(message)", hint: nil)
    }
}

/// What an archive says of one of its entries, unchecked.
struct ArchiveEntry: Sendable, Equatable {
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
    /// Seconds since 1970.
    var modified: time_t?
}
