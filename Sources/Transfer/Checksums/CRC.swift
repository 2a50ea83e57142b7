internal import CChecksum

/// CRC-32C (Castagnoli) of the bytes given so far; parts computed apart can be joined.
package struct CRC32C: Sendable, Equatable {
    package private(set) var value: UInt32 = 0
    /// Bytes covered.
    package private(set) var length: UInt64 = 0

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        value = kpipe_crc32c(value, bytes.baseAddress, bytes.count)
        length += UInt64(bytes.count)
    }

    /// As if the bytes of `next` had followed.
    package mutating func append(_ next: CRC32C) {
        value = kpipe_crc32c_combine(value, next.value, next.length)
        length += next.length
    }

    package var checksum: Checksum { Checksum(.crc32c, withUnsafeBytes(of: value.bigEndian, Array.init)) }
}

/// CRC-64/NVME (S3's default checksum) of the bytes given so far; parts computed apart can be joined.
package struct CRC64NVME: Sendable, Equatable {
    package private(set) var value: UInt64 = 0
    /// Bytes covered.
    package private(set) var length: UInt64 = 0

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        value = kpipe_crc64nvme(value, bytes.baseAddress, bytes.count)
        length += UInt64(bytes.count)
    }

    /// As if the bytes of `next` had followed.
    package mutating func append(_ next: CRC64NVME) {
        value = kpipe_crc64nvme_combine(value, next.value, next.length)
        length += next.length
    }

    package var checksum: Checksum { Checksum(.crc64nvme, withUnsafeBytes(of: value.bigEndian, Array.init)) }
}

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

/// Joins the checksums of ranges, which finish in any order, to the one of the whole.
struct ChecksumJoiner: Sendable {
    private(set) var whole: ChecksumAccumulator?
    private var next = 0
    private var early: [Int: ChecksumAccumulator] = [:]

    /// `nil`: nothing is to be joined.
    init(_ algorithm: ChecksumAlgorithm?) { whole = algorithm.map { ChecksumAccumulator($0) } }

    mutating func add(_ checksum: ChecksumAccumulator?, at index: Int) {
        guard whole != nil, let checksum else { return }
        early[index] = checksum
        while let following = early.removeValue(forKey: next) {
            whole = whole?.joined(with: following)
            next += 1
        }
    }
}

extension ChecksumAlgorithm {
    /// Whether the checksums of two stretches make that of both.
    var isJoinable: Bool { self == .crc32c || self == .crc64nvme }
}

extension ChecksumAccumulator {
    /// As if the bytes of `next` had followed; `nil` where the algorithm cannot do that.
    fileprivate func joined(with next: ChecksumAccumulator) -> ChecksumAccumulator? {
        switch (self, next) {
        case (.crc32c(var left), .crc32c(let right)):
            left.append(right)
            return .crc32c(left)
        case (.crc64nvme(var left), .crc64nvme(let right)):
            left.append(right)
            return .crc64nvme(left)
        default: return nil
        }
    }
}
