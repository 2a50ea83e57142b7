/// What is already done, kept by the caller beyond the process's life. Called from many tasks: quick, thread-safe.
///
/// The engine records a file only after it stands complete, verified and (with `durable`) on disk under its final
/// name, and an object only after the store has confirmed it.
package protocol TransferJournal: Sendable {
    /// What was fetched to this path below the folder of inputs.
    func fetched(_ path: String) -> FetchedRecord?
    func record(_ fetched: FetchedRecord)

    /// What was stored at this URL.
    func stored(at url: String) -> StoredRecord?
    func record(_ stored: StoredRecord)

    /// An upload in parts that was begun at this URL and neither completed nor aborted.
    func upload(at url: String) -> UploadRecord?
    func record(_ upload: UploadRecord)
    func forgetUpload(at url: String)
}

/// Tells a local file apart from a later one at the same path.
package struct FileIdentity: Sendable, Hashable, Codable {
    var size: Int64
    /// Nanoseconds since 1970, modulo 2⁶⁴: to compare with, not to tell the time by.
    var modified: Int64
    var inode: UInt64

    /// Of no file.
    static let none = FileIdentity(size: -1, modified: 0, inode: 0)
}

package struct FetchedRecord: Sendable, Equatable, Codable {
    /// Below the folder of inputs; for an unpacked archive its folder.
    package var path: String
    var url: String
    package var size: Int64
    var etag: String?
    var versionID: String?
    /// Lower-case hexadecimal, where it was asked for and compared.
    var sha256: String?
    var file: FileIdentity
}

package struct StoredRecord: Sendable, Equatable, Codable {
    /// Below the folder of outputs.
    var path: String
    package var url: String
    package var size: Int64
    var etag: String?
    var versionID: String?
    var sha256: String?
    /// The store's own, as `Checksum.text` writes it.
    var checksum: String?
    var file: FileIdentity
}

package struct UploadRecord: Sendable, Equatable, Codable {
    package var url: String
    /// `MultipartUpload.id`; empty where the store was about to be asked for one, which it may have given nevertheless.
    package var id: String
    /// When the store was about to be asked, in seconds since 1970.
    var begun: Int64?
}

/// Remembers nothing: each run does everything.
package struct NoJournal: TransferJournal {
    package init() {}
    package func fetched(_ path: String) -> FetchedRecord? { nil }
    package func record(_ fetched: FetchedRecord) {}
    package func stored(at url: String) -> StoredRecord? { nil }
    package func record(_ stored: StoredRecord) {}
    package func upload(at url: String) -> UploadRecord? { nil }
    package func record(_ upload: UploadRecord) {}
    package func forgetUpload(at url: String) {}
}
