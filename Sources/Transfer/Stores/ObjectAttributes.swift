package struct ObjectAttributes: Sendable, Equatable {
    package var contentType: String?
    package var metadata: [String: String]
    package var checksum: Checksum?

    package init(contentType: String? = nil, metadata: [String: String] = [:], checksum: Checksum? = nil) {
        self.contentType = contentType
        self.metadata = metadata
        self.checksum = checksum
    }
}
