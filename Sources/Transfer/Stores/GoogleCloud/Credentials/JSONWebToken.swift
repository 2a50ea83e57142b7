internal import Basics
internal import CCrypto

/// A signed statement (RFC 7519).
enum JSONWebToken {
    /// - Parameter pem: the text of an RSA key.
    /// - Returns: `nil` where it is none.
    static func rs256(_ claims: JSONValue, keyID: String?, pem: String) -> String? {
        let header = JSONValue.object(present: ["alg": "RS256", "typ": "JWT", "kid": keyID.map { .string($0) }])
        let statement = "\(encode(Array(header.text.utf8))).\(encode(Array(claims.text.utf8)))"
        guard let signature = sign(Array(statement.utf8), pem: Array(pem.utf8)) else { return nil }
        return "\(statement).\(encode(signature))"
    }

    /// Base 64 for URLs, without padding (RFC 4648 §5).
    private static func encode(_ bytes: [UInt8]) -> String {
        Base64.encode(bytes).filter { $0 != "=" }.replacing("+", with: "-").replacing("/", with: "_")
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    private static func sign(_ message: [UInt8], pem: [UInt8]) -> [UInt8]? {
        defer { ERR_clear_error() }
        let key: OpaquePointer? = pem.withUnsafeBytes { pem in
            guard let source = BIO_new_mem_buf(pem.baseAddress, Int32(clamping: pem.count)) else { return nil }
            defer { BIO_free(source) }
            // A key under a password is refused instead of asking the terminal for it.
            return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key else { return nil }
        defer { EVP_PKEY_free(key) }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, key) == 1 else { return nil }
        var length = 0
        guard EVP_DigestSign(context, nil, &length, message, message.count) == 1 else { return nil }
        var signature = [UInt8](repeating: 0, count: length)
        guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else { return nil }
        return Array(signature.prefix(length))
    }
}
