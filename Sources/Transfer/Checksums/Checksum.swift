import Basics

package enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    case crc32c, crc64nvme, md5, sha256

    /// Bytes of a finished value.
    package var length: Int {
        switch self {
        case .crc32c: 4
        case .crc64nvme: 8
        case .md5: 16
        case .sha256: 32
        }
    }
}

/// A digest in raw bytes, big-endian for the CRCs (as stores send them, base64-encoded).
package struct Checksum: Sendable, Equatable {
    package var algorithm: ChecksumAlgorithm
    package var bytes: [UInt8]

    package init(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Reads what a person writes in a configuration. `nil` unless it is exactly the algorithm's length in hex.
    package init?(_ algorithm: ChecksumAlgorithm, hex: String) {
        guard let bytes = Hex.decode(hex), bytes.count == algorithm.length else { return nil }
        self.init(algorithm, bytes)
    }

    /// Reads what stores send in headers. `nil` unless it is exactly the algorithm's length in base64, so that S3's
    /// checksums of checksums (`…==-3`) do not pass for one of the content.
    package init?(_ algorithm: ChecksumAlgorithm, base64: String) {
        guard let bytes = Base64.decode(base64), bytes.count == algorithm.length else { return nil }
        self.init(algorithm, bytes)
    }

    package var hex: String { Hex.encode(bytes) }
    package var base64: String { Base64.encode(bytes) }
}
