/// Computes whichever checksum is asked for, as bytes pass by.
package enum ChecksumAccumulator: Sendable {
    case crc32c(CRC32C)
    case crc64nvme(CRC64NVME)
    case digest(MessageDigest)

    package init(_ algorithm: ChecksumAlgorithm) {
        switch algorithm {
        case .crc32c: self = .crc32c(CRC32C())
        case .crc64nvme: self = .crc64nvme(CRC64NVME())
        case .md5: self = .digest(MessageDigest(.md5))
        case .sha256: self = .digest(MessageDigest(.sha256))
        }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .crc32c(var crc):
            crc.update(bytes)
            self = .crc32c(crc)
        case .crc64nvme(var crc):
            crc.update(bytes)
            self = .crc64nvme(crc)
        case .digest(var digest):
            // Given up here, so that the digest is updated in place and not copied.
            self = .crc32c(CRC32C())
            digest.update(bytes)
            self = .digest(digest)
        }
    }

    /// The checksum so far; more bytes may follow.
    package var checksum: Checksum {
        switch self {
        case .crc32c(let crc): crc.checksum
        case .crc64nvme(let crc): crc.checksum
        case .digest(let digest): digest.checksum
        }
    }
}
