public enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    case crc32c, crc64nvme, md5, sha256

    /// Bytes of a finished value.
    public var length: Int {
        switch self {
        case .crc32c: 4
        case .crc64nvme: 8
        case .md5: 16
        case .sha256: 32
        }
    }
}

/// A digest in raw bytes, big-endian for the CRCs (as stores send them, base64-encoded).
public struct Checksum: Sendable, Equatable {
    public var algorithm: ChecksumAlgorithm
    public var bytes: [UInt8]

    public init(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Reads what a person writes in a configuration. `nil` unless it is exactly the algorithm's length in hex.
    public init?(_ algorithm: ChecksumAlgorithm, hex: String) {
        guard let bytes = Hex.decode(hex), bytes.count == algorithm.length else { return nil }
        self.init(algorithm, bytes)
    }

    /// Reads what stores send in headers. `nil` unless it is exactly the algorithm's length in base64, so that S3's
    /// checksums of checksums (`…==-3`) do not pass for one of the content.
    public init?(_ algorithm: ChecksumAlgorithm, base64: String) {
        guard let bytes = Base64.decode(base64), bytes.count == algorithm.length else { return nil }
        self.init(algorithm, bytes)
    }

    public var hex: String { Hex.encode(bytes) }
    public var base64: String { Base64.encode(bytes) }
}
