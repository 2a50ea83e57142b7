package struct ObjectInfo: Sendable, Equatable {
    package var key: String
    /// Bytes; `nil` where the server does not say (chunked).
    package var size: Int64?
    /// As the server sent it, quotes included.
    package var etag: String?
    package var versionID: String?
    package var lastModified: String?
    /// The store's own checksum of the whole object, where it has one.
    package var checksum: Checksum?
    /// Bytes of one stored part, where the object was stored in parts: good boundaries for ranges.
    package var partSize: Int64?
    /// Whether ranges of it can be read, as far as is known.
    package var ranges: Bool

    package init(
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
