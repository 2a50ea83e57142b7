internal import Basics
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
    private var entries = 0
    private let locale = ArchiveLocale()
    private let input: Input?

    private static let blockSize = 64 << 10

    /// What libarchive's callbacks read from: the piece that they were given last must stay where it is.
    private final class Input {
        private let handover: Handover
        private let tail: Range<Int64>?
        private let tailBytes: UnsafeMutableRawBufferPointer
        private var bytes: UnsafeMutableRawBufferPointer?
        /// What of the stream is in `bytes`, and what is to be read next.
        private var window: Range<Int64> = 0..<0
        private var position: Int64 = 0
        /// The first bytes of all.
        private(set) var start: [UInt8] = []
        /// Lies behind the stream and before the tail, and was asked for.
        private(set) var unreachable: Int64?
        private var gunzip: Gunzip?
        private let object: String
        var failure: TransferError?

        init(_ handover: Handover, _ tail: ArchiveTail?, object: String) {
            self.handover = handover
            self.object = object
            self.tail = tail.map { $0.start..<$0.end }
            tailBytes = .allocate(byteCount: tail?.bytes.count ?? 0, alignment: 16)
            tailBytes.copyBytes(from: tail?.bytes ?? [])
        }

        deinit {
            tailBytes.deallocate()
            bytes?.deallocate()
        }

        func next() throws(TransferError) -> UnsafeRawBufferPointer? {
            if let gunzip { return try gunzip.next(piece) }
            let first = position == 0
            guard let bytes = try piece() else { return nil }
            guard first, tail == nil, Gunzip.begins(bytes) else { return bytes }
            let gunzip = try Gunzip(bytes, object: object)
            self.gunzip = gunzip
            return try gunzip.next(piece)
        }

        private func piece() throws(TransferError) -> UnsafeRawBufferPointer? {
            if let tail, position >= tail.lowerBound {
                defer { position = tail.upperBound }
                return UnsafeRawBufferPointer(rebasing: tailBytes[Int(position - tail.lowerBound)...])
            }
            while position >= window.upperBound {
                guard let piece = try handover.take() else { return nil }
                if start.isEmpty { start = Array(piece.prefix(4)) }
                if bytes.map({ $0.count < piece.count }) ?? true {
                    bytes?.deallocate()
                    bytes = .allocate(byteCount: piece.count, alignment: 16)
                }
                bytes?.copyBytes(from: piece)
                window = window.upperBound..<window.upperBound + Int64(piece.count)
            }
            let wanted = position..<min(window.upperBound, tail?.lowerBound ?? .max)
            position = wanted.upperBound
            return UnsafeRawBufferPointer(
                start: bytes?.baseAddress?.advanced(by: Int(wanted.lowerBound - window.lowerBound)), count: wanted.count
            )
        }

        /// Gives the lengths of all that is left.
        func drain(_ body: (Int) throws(TransferError) -> Void) throws(TransferError) {
            if tail != nil {
                while let piece = try handover.take() { try body(piece.count) }
            } else {
                while let piece = try next() { try body(piece.count) }
            }
        }

        /// To a place in the tail, or one that the stream has not passed.
        func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
            guard let tail else { return Int64(ARCHIVE_FATAL) }
            let from = whence == SEEK_END ? tail.upperBound : whence == SEEK_CUR ? position : 0
            let (target, overflow) = offset.addingReportingOverflow(from)
            guard !overflow, (0...tail.upperBound).contains(target) else { return Int64(ARCHIVE_FATAL) }
            guard target >= window.lowerBound || target >= tail.lowerBound else {
                unreachable = target
                return Int64(ARCHIVE_FATAL)
            }
            position = target
            return target
        }
    }

    /// Reads from the start of `descriptor`, which stays the caller's. `object` names the archive in errors.
    convenience init(descriptor: Int32, object: String) throws(TransferError) {
        lseek(descriptor, 0, SEEK_SET)
        try self.init(object, nil, readsZip: true) { archive_read_open_fd($0, descriptor, Self.blockSize) }
    }

    /// Reads what a task hands over, once and in order. Names and kinds in a zip stand at its end: it is read where that is
    /// known already.
    convenience init(_ handover: Handover, tail: ArchiveTail?, object: String) throws(TransferError) {
        let input = Input(handover, tail, object: object)
        try self.init(object, input, readsZip: tail != nil) { archive in
            archive_read_set_callback_data(archive, Unmanaged.passUnretained(input).toOpaque())
            archive_read_set_read_callback(archive) { _, context, bytes in
                guard let context else { return -1 }
                let input = Unmanaged<Input>.fromOpaque(context).takeUnretainedValue()
                do throws(TransferError) {
                    let piece = try input.next()
                    bytes?.pointee = piece?.baseAddress
                    return piece?.count ?? 0
                } catch {
                    input.failure = error
                    return -1
                }
            }
            if let tail {
                // One without entries is nothing but its end.
                if tail.bytes.starts(with: [0x50, 0x4B, 5, 6]) { archive_read_support_format_zip_streamable(archive) }
                archive_read_set_seek_callback(archive) { _, context, offset, whence in
                    guard let context else { return Int64(ARCHIVE_FATAL) }
                    return Unmanaged<Input>.fromOpaque(context).takeUnretainedValue().seek(offset, whence)
                }
            }
            return archive_read_open1(archive)
        }
    }

    private init(_ object: String, _ input: Input?, readsZip: Bool, _ open: (OpaquePointer) -> Int32)
        throws(TransferError)
    {
        guard let archive = archive_read_new() else {
            throw TransferError(object, .local(errno: ENOMEM), "cannot read the archive")
        }
        self.archive = archive
        self.object = object
        self.input = input
        Self.keepBytes(ofNamesIn: archive)
        archive_read_support_format_tar(archive)
        // Never as it comes: one that is cut short has no names at its end.
        if readsZip { archive_read_support_format_zip_seekable(archive) }
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_bzip2(archive)
        archive_read_support_filter_xz(archive)
        archive_read_support_filter_zstd(archive)
        opened = open(archive) == ARCHIVE_OK
    }

    deinit { archive_read_free(archive) }

    /// libarchive has one converter from UTF-8 to UTF-8. Made for what is read, it writes `e` and an accent as `é`: of two files
    /// one would be lost. Made for what is asked, as here, it leaves bytes as they are, and is the one from then on.
    private static func keepBytes(ofNamesIn archive: OpaquePointer) {
        let entry = archive_entry_new2(archive)
        archive_entry_set_pathname(entry, "")
        _ = archive_entry_pathname_utf8(entry)
        archive_entry_free(entry)
    }

    /// Whether what was handed over begins as a zip does.
    var isZip: Bool { input?.start.starts(with: [UInt8(ascii: "P"), UInt8(ascii: "K")]) ?? false }

    /// What was asked for and is neither in the tail nor to come in the stream.
    var unreachable: Int64? { input?.unreachable }

    /// The next entry; `nil` after the last. Throws `.archive` when the archive is damaged, cut short, or none at all.
    func next() throws(TransferError) -> ArchiveEntry? {
        guard opened else { throw failure }
        var entry: OpaquePointer?
        entries += 1
        switch archive_read_next_header(archive, &entry) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK: break
        // Where the two heads of an entry differ, it is damaged or was made to deceive.
        case ARCHIVE_WARN where archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK != ARCHIVE_FORMAT_ZIP: break
        case ARCHIVE_WARN where archive_entry_pathname(entry) == nil: throw notUTF8(nil)
        default: throw failure
        }
        guard let entry else { return nil }
        let name = archive_entry_pathname(entry)
        guard let path = Self.text(archive_entry_pathname_utf8(entry) ?? name) else { throw notUTF8(name) }
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
            // A warning is of a checksum or a length that is wrong.
            case ARCHIVE_OK: try body(UnsafeRawBufferPointer(start: start, count: count), offset)
            default: throw failure
            }
        }
    }

    /// Reads what stands behind the archive's end, and gives the length of each piece: it is the object's, too.
    func drain(_ body: (Int) throws(TransferError) -> Void) throws(TransferError) { try input?.drain(body) }

    /// Whether the content is, or began as, an archive in a form that is read here; known after the first `next`.
    var isRecognized: Bool { archive_format(archive) != 0 || archive_errno(archive) != Self.foreignFormat }

    /// ARCHIVE_ERRNO_FILE_FORMAT, a macro that Swift cannot see.
    private static let foreignFormat = EILSEQ

    private func kind(of entry: OpaquePointer, _ path: String) throws(TransferError) -> ArchiveEntry.Kind {
        if let target = archive_entry_hardlink_utf8(entry) ?? archive_entry_hardlink(entry) {
            guard let text = Self.text(target) else {
                throw refusal("has the link '\(path)', whose target is not UTF-8")
            }
            return .hardLink(text)
        }
        switch mode_t(archive_entry_filetype(entry)) {
        case S_IFREG: return .file(archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil)
        case S_IFDIR: return .folder
        case S_IFLNK:
            guard let text = Self.text(archive_entry_symlink_utf8(entry) ?? archive_entry_symlink(entry)) else {
                throw refusal("has the link '\(path)', which leads to nothing that can be read")
            }
            return .symbolicLink(text)
        default: return .special
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        pointer.flatMap(String.init(validatingCString:))
    }

    /// `name` as it stands there, where the archive's form lets us see it.
    private func notUTF8(_ name: UnsafePointer<CChar>?) -> TransferError {
        let bytes = name.map { EntryName(bytes: Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))) }
        let shown = bytes.map { " ('\($0.escaped)')" } ?? ""
        return refusal("has a name that is not UTF-8: that of its entry \(entries)\(shown)")
    }

    private var failure: TransferError {
        if let failure = input?.failure { return failure }
        let words = archive_error_string(archive).map { String(cString: $0) } ?? "unknown format"
        return refusal("cannot be read: \(words)")
    }

    private func refusal(_ message: String) -> TransferError {
        TransferError(object, .archive, "the archive \(message)", hint: nil)
    }
}

/// The last bytes of an object, known before those that come first.
struct ArchiveTail: Sendable {
    var start: Int64
    var bytes: [UInt8]
    var end: Int64 { start + Int64(bytes.count) }

    /// Whether what the stream has at `offset` is the same, as far as both have it.
    func agrees(with piece: [UInt8], at offset: Int64) -> Bool {
        let both = max(start, offset)..<max(start, offset, min(end, offset + Int64(piece.count)))
        return both.isEmpty
            || bytes[Int(both.lowerBound - start)..<Int(both.upperBound - start)]
                == piece[Int(both.lowerBound - offset)..<Int(both.upperBound - offset)]
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
