package struct StoreTraits: Sendable, Equatable {
    /// Ranged reads are honoured as far as is known before the first request.
    package var ranges: Bool
    package var lists: Bool
    package var multipart: MultipartLimits?
    /// Checksum the store verifies on upload and returns on download, cheapest first.
    package var checksum: ChecksumAlgorithm?

    package init(ranges: Bool, lists: Bool, multipart: MultipartLimits?, checksum: ChecksumAlgorithm?) {
        self.ranges = ranges
        self.lists = lists
        self.multipart = multipart
        self.checksum = checksum
    }
}

package struct MultipartLimits: Sendable, Equatable {
    /// Bytes.
    package var minimumPart: Int64
    package var maximumPart: Int64
    package var maximumParts: Int

    package init(minimumPart: Int64, maximumPart: Int64, maximumParts: Int) {
        self.minimumPart = minimumPart
        self.maximumPart = maximumPart
        self.maximumParts = maximumParts
    }
}
