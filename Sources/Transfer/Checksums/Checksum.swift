internal import Basics

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
