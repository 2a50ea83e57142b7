/// What is already done, kept by the caller beyond the process's life. Called from many tasks: quick, thread-safe.
///
/// The engine records a file only after it stands complete, verified and (with `durable`) on disk under its final
/// name, and an object only after the store has confirmed it.
public protocol TransferJournal: Sendable {
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
public struct FileIdentity: Sendable, Hashable, Codable {
    public var size: Int64
    /// Nanoseconds since 1970.
    public var modified: Int64
    public var inode: UInt64

    public init(size: Int64, modified: Int64, inode: UInt64) {
        self.size = size
        self.modified = modified
        self.inode = inode
    }
}

public struct FetchedRecord: Sendable, Equatable, Codable {
    /// Below the folder of inputs; for an unpacked archive its folder.
    public var path: String
    public var url: String
    public var size: Int64
    public var etag: String?
    public var versionID: String?
    /// Lower-case hexadecimal, where it was asked for and compared.
    public var sha256: String?
    public var file: FileIdentity

    public init(
        path: String, url: String, size: Int64, etag: String? = nil, versionID: String? = nil, sha256: String? = nil,
        file: FileIdentity
    ) {
        self.path = path
        self.url = url
        self.size = size
        self.etag = etag
        self.versionID = versionID
        self.sha256 = sha256
        self.file = file
    }
}

public struct StoredRecord: Sendable, Equatable, Codable {
    /// Below the folder of outputs.
    public var path: String
    public var url: String
    public var size: Int64
    public var etag: String?
    public var versionID: String?
    public var sha256: String?
    public var file: FileIdentity

    public init(
        path: String, url: String, size: Int64, etag: String? = nil, versionID: String? = nil, sha256: String? = nil,
        file: FileIdentity
    ) {
        self.path = path
        self.url = url
        self.size = size
        self.etag = etag
        self.versionID = versionID
        self.sha256 = sha256
        self.file = file
    }
}

public struct UploadRecord: Sendable, Equatable, Codable {
    public var url: String
    /// `MultipartUpload.id`.
    public var id: String

    public init(url: String, id: String) {
        self.url = url
        self.id = id
    }
}

/// Remembers nothing: each run does everything.
public struct NoJournal: TransferJournal {
    public init() {}
    public func fetched(_ path: String) -> FetchedRecord? { nil }
    public func record(_ fetched: FetchedRecord) {}
    public func stored(at url: String) -> StoredRecord? { nil }
    public func record(_ stored: StoredRecord) {}
    public func upload(at url: String) -> UploadRecord? { nil }
    public func record(_ upload: UploadRecord) {}
    public func forgetUpload(at url: String) {}
}
