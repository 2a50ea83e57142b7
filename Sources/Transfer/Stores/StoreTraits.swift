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
