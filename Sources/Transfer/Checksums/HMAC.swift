internal import CCrypto

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
