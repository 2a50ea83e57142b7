public import HTTPTransport

/// A place that holds objects: one bucket, one web server, one folder tree. Methods make one attempt each; whether to
/// try again is the engine's decision (`RetryPolicy`), so that budgets and back-off have one home.
public protocol ObjectStore: Sendable {
    var traits: StoreTraits { get }

    /// Size and validators of one object.
    func stat(_ key: String) async throws(TransferError) -> ObjectInfo

    /// One page of the objects whose key starts with `prefix`, in the store's order.
    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage

    /// Reads the object, or a range of its bytes, into `sink`. With `matching` the store must refuse (`.changed`) when
    /// the object is no longer that one. A store that ignores ranges ends in `.protocolViolation` before a byte is
    /// given to the sink.
    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any HTTPBodySink
    ) async throws(TransferError) -> ObjectInfo

    /// Stores a whole object in one request.
    func write(_ key: String, _ content: any HTTPBodySource, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo

    /// Starts an upload in parts. Throws `.configuration` where `traits.multipart` is nil.
    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload
}

/// An upload in parts; either `complete` or `abort` ends it.
public protocol MultipartUpload: Sendable {
    /// Names the upload in a journal, so that a restarted agent can go on or abort it.
    var id: String { get }
    /// Stores part `number` (from 1); the returned tag goes into `complete`.
    func part(_ number: Int, _ content: any HTTPBodySource, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo
    func abort() async throws(TransferError)
}

public struct StoreTraits: Sendable, Equatable {
    /// Ranged reads are honoured as far as is known before the first request.
    public var ranges: Bool
    public var lists: Bool
    public var multipart: MultipartLimits?
    /// Checksum the store verifies on upload and returns on download, cheapest first.
    public var checksum: ChecksumAlgorithm?

    public init(ranges: Bool, lists: Bool, multipart: MultipartLimits?, checksum: ChecksumAlgorithm?) {
        self.ranges = ranges
        self.lists = lists
        self.multipart = multipart
        self.checksum = checksum
    }
}

public struct MultipartLimits: Sendable, Equatable {
    /// Bytes.
    public var minimumPart: Int64
    public var maximumPart: Int64
    public var maximumParts: Int

    public init(minimumPart: Int64, maximumPart: Int64, maximumParts: Int) {
        self.minimumPart = minimumPart
        self.maximumPart = maximumPart
        self.maximumParts = maximumParts
    }
}

public struct ObjectInfo: Sendable, Equatable {
    public var key: String
    /// Bytes; `nil` where the server does not say (chunked).
    public var size: Int64?
    /// As the server sent it, quotes included.
    public var etag: String?
    public var versionID: String?
    public var lastModified: String?
    /// The store's own checksum of the whole object, where it has one.
    public var checksum: Checksum?
    /// Bytes of one stored part, where the object was stored in parts: good boundaries for ranges.
    public var partSize: Int64?

    public init(
        key: String, size: Int64?, etag: String? = nil, versionID: String? = nil, lastModified: String? = nil,
        checksum: Checksum? = nil, partSize: Int64? = nil
    ) {
        self.key = key
        self.size = size
        self.etag = etag
        self.versionID = versionID
        self.lastModified = lastModified
        self.checksum = checksum
        self.partSize = partSize
    }
}

public struct ObjectPage: Sendable, Equatable {
    public var objects: [ObjectInfo]
    /// `nil` after the last page.
    public var next: String?

    public init(objects: [ObjectInfo], next: String?) {
        self.objects = objects
        self.next = next
    }
}

public struct ObjectAttributes: Sendable, Equatable {
    public var contentType: String?
    public var metadata: [String: String]
    public var checksum: Checksum?

    public init(contentType: String? = nil, metadata: [String: String] = [:], checksum: Checksum? = nil) {
        self.contentType = contentType
        self.metadata = metadata
        self.checksum = checksum
    }
}

public struct PartTag: Sendable, Equatable {
    public var number: Int
    public var etag: String
    public var checksum: Checksum?

    public init(number: Int, etag: String, checksum: Checksum?) {
        self.number = number
        self.etag = etag
        self.checksum = checksum
    }
}

public enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    case crc32c, crc64nvme, md5, sha256
}

/// A digest in raw bytes, big-endian for the CRCs (as stores send them, base64-encoded).
public struct Checksum: Sendable, Equatable {
    public var algorithm: ChecksumAlgorithm
    public var bytes: [UInt8]

    public init(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }
}
