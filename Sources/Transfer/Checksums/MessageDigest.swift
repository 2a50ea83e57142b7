internal import CCrypto

/// MD5 or SHA-256 of the bytes given so far, computed by libcrypto with the processor's instructions. A value: a copy
/// goes its own way.
struct MessageDigest: Sendable {
    enum Algorithm: Sendable { case md5, sha256 }

    private var context: Context

    init(_ algorithm: Algorithm) {
        context = Context(algorithm)
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&context) { context = context.copy() }
        context.update(bytes)
    }

    /// The digest so far; more bytes may follow.
    var bytes: [UInt8] { context.copy().finish() }

    var checksum: Checksum {
        Checksum(context.algorithm == .md5 ? .md5 : .sha256, bytes)
    }

    static func md5(_ bytes: [UInt8]) -> Checksum {
        var digest = MessageDigest(.md5)
        bytes.withUnsafeBytes { digest.update($0) }
        return digest.checksum
    }

    static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let array = Array(bytes)
        var digest = MessageDigest(.sha256)
        array.withUnsafeBytes { digest.update($0) }
        return digest.bytes
    }
}

/// Owns the C context. Sendable because it is changed only while one `MessageDigest` alone refers to it.
private final class Context: @unchecked Sendable {
    let algorithm: MessageDigest.Algorithm
    private let pointer: OpaquePointer

    init(_ algorithm: MessageDigest.Algorithm) {
        self.algorithm = algorithm
        pointer = Self.allocate()
        let type = algorithm == .md5 ? EVP_md5() : EVP_sha256()
        // MD5 is refused by a libcrypto in FIPS mode, and by that alone.
        precondition(EVP_DigestInit_ex(pointer, type, nil) == 1, "libcrypto does not provide \(algorithm)")
    }

    private init(copying other: Context) {
        algorithm = other.algorithm
        pointer = Self.allocate()
        precondition(EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1, "out of memory")
    }

    deinit { EVP_MD_CTX_free(pointer) }

    func copy() -> Context { Context(copying: self) }

    func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        EVP_DigestUpdate(pointer, base, bytes.count)
    }

    func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var length: UInt32 = 0
            EVP_DigestFinal_ex(pointer, buffer.baseAddress, &length)
            count = Int(length)
        }
    }

    private static func allocate() -> OpaquePointer {
        guard let pointer = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        return pointer
    }
}

/// HMAC-SHA-256 (RFC 2104).
enum HMAC {
    static func sha256(key: [UInt8], _ message: some Sequence<UInt8>) -> [UInt8] {
        let message = Array(message)
        return [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { buffer, count in
            var length: UInt32 = 0
            CCrypto.HMAC(
                EVP_sha256(), key, Int32(key.count), message, message.count, buffer.baseAddress, &length)
            count = Int(length)
        }
    }
}
