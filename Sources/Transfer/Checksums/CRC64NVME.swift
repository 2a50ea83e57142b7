internal import CChecksum

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
