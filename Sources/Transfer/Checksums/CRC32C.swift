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
