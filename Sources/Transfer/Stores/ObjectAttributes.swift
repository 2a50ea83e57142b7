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
