internal import CChecksum

/// The checksum of a whole from the finished ones of its parts, in order. CRCs alone can be joined.
package struct JoinedChecksum: Sendable {
    private let algorithm: ChecksumAlgorithm
    private var value: UInt64 = 0

    /// `nil` for an algorithm whose parts cannot be joined.
    package init?(_ algorithm: ChecksumAlgorithm) {
        guard algorithm == .crc32c || algorithm == .crc64nvme else { return nil }
        self.algorithm = algorithm
    }

    /// `false`, and nothing changed, where `next` is of another algorithm. `length` in bytes.
    package mutating func append(_ next: Checksum, length: UInt64) -> Bool {
        guard next.algorithm == algorithm, next.bytes.count == algorithm.length else { return false }
        let number = next.bytes.reduce(0) { $0 << 8 | UInt64($1) }
        switch algorithm {
        case .crc32c:
            value = UInt64(
                kpipe_crc32c_combine(UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: number), length))
        case .crc64nvme: value = kpipe_crc64nvme_combine(value, number, length)
        case .md5, .sha256: return false
        }
        return true
    }

    package var checksum: Checksum {
        let bytes = withUnsafeBytes(of: value.bigEndian, Array.init)
        return Checksum(algorithm, Array(bytes.suffix(algorithm.length)))
    }
}
