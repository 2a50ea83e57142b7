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
    /// Whether ranges of it can be read, as far as is known.
    public var ranges: Bool

    public init(
        key: String, size: Int64?, etag: String? = nil, versionID: String? = nil, lastModified: String? = nil,
        checksum: Checksum? = nil, partSize: Int64? = nil, ranges: Bool = true
    ) {
        self.key = key
        self.size = size
        self.etag = etag
        self.versionID = versionID
        self.lastModified = lastModified
        self.checksum = checksum
        self.partSize = partSize
        self.ranges = ranges
    }
}
