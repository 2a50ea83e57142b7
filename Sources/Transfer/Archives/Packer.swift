internal import Basics
internal import CArchive
internal import CLinux
internal import Glibc

/// How many files become one object.
package enum PackFormat: String, Sendable, CaseIterable {
    case none
    case tar
    case tarGzip = "tar.gz"
    case tarZstandard = "tar.zst"

    var contentType: String {
        switch self {
        case .none: ObjectAttributes.defaultType
        case .tar: "application/x-tar"
        case .tarGzip: "application/gzip"
        case .tarZstandard: "application/zstd"
        }
    }
}

/// Writes files as one archive, in pieces of equal size: names, modes and times as they are, owners left out, so that equal
/// files are equal bytes. Blocks.
///
/// One thread uses it at a time; it lives within one function call.
final class Packer {
    private let archive: OpaquePointer
    private let object: String
    private let output: Output
    private let locale = ArchiveLocale()

    /// What libarchive's callback writes to.
    private final class Output {
        let handover: Handover
        let piece: Int
        var filling: [UInt8] = []
        var failure: TransferError?

        init(_ handover: Handover, piece: Int) {
            self.handover = handover
            self.piece = piece
        }

        func take(_ bytes: UnsafeRawBufferPointer) throws(TransferError) {
            var rest = bytes
            while !rest.isEmpty {
                if filling.isEmpty { filling.reserveCapacity(piece) }
                let count = min(rest.count, piece - filling.count)
                filling.append(contentsOf: rest[..<count])
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                if filling.count == piece { try flush() }
            }
        }

        func flush() throws(TransferError) {
            let full = filling
            filling = []
            try handover.put(full)
        }
    }

    /// `object` names the archive in errors.
    init(_ format: PackFormat, to handover: Handover, piece: Int, object: String) throws(TransferError) {
        guard let archive = archive_write_new() else {
            throw TransferError(object, .local(errno: ENOMEM), "cannot write the archive")
        }
        self.archive = archive
        self.object = object
        output = Output(handover, piece: piece)
        archive_write_set_format_pax_restricted(archive)
        let filtered =
            switch format {
            case .none, .tar: ARCHIVE_OK
            case .tarGzip: archive_write_add_filter_gzip(archive)
            case .tarZstandard: archive_write_add_filter_zstd(archive)
            }
        // When it was packed says nothing of what is in it.
        if format == .tarGzip { archive_write_set_filter_option(archive, "gzip", "timestamp", nil) }
        // Written as it comes, without padding at the end of what is compressed.
        archive_write_set_bytes_per_block(archive, 64 << 10)
        archive_write_set_bytes_in_last_block(archive, 1)
        let opened = archive_write_open(
            archive, Unmanaged.passUnretained(output).toOpaque(), nil,
            { _, context, bytes, count in
                guard let context else { return -1 }
                let output = Unmanaged<Output>.fromOpaque(context).takeUnretainedValue()
                do throws(TransferError) {
                    try output.take(UnsafeRawBufferPointer(start: bytes, count: count))
                    return count
                } catch {
                    output.failure = error
                    return -1
                }
            }, nil)
        guard filtered == ARCHIVE_OK, opened == ARCHIVE_OK else { throw failure("begin") }
    }

    deinit {
        // One that was given up has nothing more to write.
        archive_write_fail(archive)
        archive_write_free(archive)
    }

    /// Throws `.changed` where the file is not read as long as it was.
    func add(_ file: SourceFile, as path: String, _ isCancelled: () -> Bool) throws(TransferError) {
        try begin(path, S_IFREG, file.permissions, file.modified, file.identity.size)
        try file.forEachPiece(of: 0..<file.identity.size) { (bytes) throws(TransferError) in
            if isCancelled() { throw .cancelled(object) }
            guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else {
                throw failure("write \(path)")
            }
        }
        try file.checkUnchanged()
    }

    /// A folder, whose name ends with `/`.
    func add(_ status: stat, as path: String) throws(TransferError) {
        try begin(path, S_IFDIR, status.st_mode & 0o777, status.st_mtim, 0)
    }

    private func begin(_ path: String, _ kind: mode_t, _ permissions: mode_t, _ modified: timespec, _ size: Int64)
        throws(TransferError)
    {
        guard let entry = archive_entry_new() else { throw failure("name \(path)") }
        defer { archive_entry_free(entry) }
        // Its bytes: `…_utf8` would write `e` and an accent as `é`.
        archive_entry_set_pathname(entry, path)
        archive_entry_set_filetype(entry, kind)
        archive_entry_set_perm(entry, permissions)
        archive_entry_set_mtime(entry, modified.tv_sec, modified.tv_nsec)
        archive_entry_set_size(entry, size)
        guard archive_write_header(archive, entry) >= ARCHIVE_WARN else { throw failure("write the head of \(path)") }
    }

    /// What is left is handed over, too; the end of it all is the caller's to say.
    func finish() throws(TransferError) {
        guard archive_write_close(archive) == ARCHIVE_OK else { throw failure("end") }
        if !output.filling.isEmpty { try output.flush() }
    }

    private func failure(_ attempted: String) -> TransferError {
        if let failure = output.failure { return failure }
        let words = archive_error_string(archive).map { String(cString: $0) } ?? "unknown"
        return TransferError(object, .archive, "cannot \(attempted): \(words)")
    }
}

/// Names in archives are UTF-8; libarchive goes by the thread's locale, which in a container is C. For one thread, while it
/// lives.
final class ArchiveLocale {
    private let previous: locale_t?
    private let locale: locale_t?

    init() {
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
        previous = locale.flatMap { uselocale($0) }
    }

    deinit {
        guard let locale else { return }
        uselocale(previous)
        freelocale(locale)
    }
}
