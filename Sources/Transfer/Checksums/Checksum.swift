internal import Basics
internal import CChecksum

enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    case crc32c, crc64nvme, md5, sha256

    /// Bytes of a finished value.
    var length: Int {
        switch self {
        case .crc32c: 4
        case .crc64nvme: 8
        case .md5: 16
        case .sha256: 32
        }
    }
}

/// A digest in raw bytes, big-endian for the CRCs (as stores send them, base64-encoded).
struct Checksum: Sendable, Equatable {
    var algorithm: ChecksumAlgorithm
    var bytes: [UInt8]

    init(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Reads what a person writes in a configuration. `nil` unless it is exactly the algorithm's length in hex.
    init?(_ algorithm: ChecksumAlgorithm, hex: String) {
        guard let bytes = Hex.decode(hex), bytes.count == algorithm.length else { return nil }
        self.init(algorithm, bytes)
    }

    /// Reads what stores send in headers. `nil` unless it is exactly the algorithm's length in base64, so that S3's
    /// checksums of checksums (`…==-3`) do not pass for one of the content.
    init?(_ algorithm: ChecksumAlgorithm, base64: String) {
        guard let bytes = Base64.decode(base64), bytes.count == algorithm.length else { return nil }
        self.init(algorithm, bytes)
    }

    /// As `text` writes it.
    init?(text: String) {
        let name = text.prefix { $0 != ":" }
        guard let algorithm = ChecksumAlgorithm(rawValue: String(name)), name.endIndex < text.endIndex else {
            return nil
        }
        self.init(algorithm, hex: String(text[name.endIndex...].dropFirst()))
    }

    /// `crc32c:` and hexadecimal digits.
    var text: String { "\(algorithm.rawValue):\(hex)" }
    var hex: String { Hex.encode(bytes) }
    var base64: String { Base64.encode(bytes) }
}

/// Computes whichever checksum is asked for, as bytes pass by.
enum ChecksumAccumulator: Sendable {
    case crc(CRC)
    case digest(MessageDigest)

    init(_ algorithm: ChecksumAlgorithm) {
        self = CRC(algorithm).map(Self.crc) ?? .digest(MessageDigest(algorithm == .md5 ? .md5 : .sha256))
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .crc(var crc):
            crc.update(bytes)
            self = .crc(crc)
        case .digest(var digest):
            // Given up here, so that the digest is updated in place and not copied.
            self = .crc(CRC())
            digest.update(bytes)
            self = .digest(digest)
        }
    }

    /// The checksum so far; more bytes may follow.
    var checksum: Checksum {
        switch self {
        case .crc(let crc): crc.checksum
        case .digest(let digest): digest.checksum
        }
    }
}

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
