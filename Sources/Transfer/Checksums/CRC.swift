internal import CChecksum

/// The CRC-32C (Castagnoli) or CRC-64/NVME (S3's default) of the bytes given so far; those of stretches computed apart can be
/// joined.
struct CRC: Sendable, Equatable {
    private let algorithm: ChecksumAlgorithm
    private var value: UInt64 = 0
    /// Bytes covered.
    private(set) var length: UInt64 = 0

    /// `nil` for an algorithm that is no CRC.
    init?(_ algorithm: ChecksumAlgorithm) {
        guard algorithm == .crc32c || algorithm == .crc64nvme else { return nil }
        self.algorithm = algorithm
    }

    /// CRC-32C.
    init() { algorithm = .crc32c }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        value =
            algorithm == .crc32c
            ? UInt64(kpipe_crc32c(UInt32(truncatingIfNeeded: value), bytes.baseAddress, bytes.count))
            : kpipe_crc64nvme(value, bytes.baseAddress, bytes.count)
        length += UInt64(bytes.count)
    }

    /// As if `length` bytes of that checksum had followed. `false`, and nothing changed, where it is of another algorithm.
    mutating func append(_ next: Checksum, length: UInt64) -> Bool {
        guard next.algorithm == algorithm, next.bytes.count == algorithm.length else { return false }
        let number = next.bytes.reduce(0) { $0 << 8 | UInt64($1) }
        value =
            algorithm == .crc32c
            ? UInt64(
                kpipe_crc32c_combine(UInt32(truncatingIfNeeded: value), UInt32(truncatingIfNeeded: number), length))
            : kpipe_crc64nvme_combine(value, number, length)
        self.length += length
        return true
    }

    /// As stores send it: the most significant byte first.
    var checksum: Checksum {
        let bytes = withUnsafeBytes(of: value.bigEndian, Array.init)
        return Checksum(algorithm, Array(bytes.suffix(algorithm.length)))
    }

    /// Of stretches that follow each other, with their lengths in bytes; `nil` unless each has a checksum of `algorithm`.
    static func joining(_ stretches: [(sum: Checksum?, length: Int64)], _ algorithm: ChecksumAlgorithm) -> Checksum? {
        var whole = CRC(algorithm)
        for (sum, length) in stretches {
            guard let sum, whole?.append(sum, length: UInt64(length)) == true else { return nil }
        }
        return whole?.checksum
    }
}

extension ChecksumAlgorithm {
    /// Whether the checksums of two stretches make that of both.
    var isJoinable: Bool { CRC(self) != nil }
}
