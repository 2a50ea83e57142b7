internal import Basics
internal import CCrypto
internal import Glibc

/// Looks at certificates and keys before a TLS library does, to say in words what is wrong with them.
enum PEM {
    struct Failure: Error, Equatable {
        var reason: String
    }

    /// At least one certificate to trust, and nothing broken among them.
    static func checkAuthorities(_ bytes: [UInt8]) throws(Failure) {
        guard try certificates(bytes).count > 0 else { throw Failure(reason: "there is no certificate in it (PEM)") }
    }

    /// - Returns: when the first certificate ends, in seconds since 1970.
    static func checkIdentity(certificate: [UInt8], key: [UInt8]) throws(Failure) -> Int64 {
        guard let leaf = try certificates(certificate).leaf else {
            throw Failure(reason: "there is no client certificate in it (PEM)")
        }
        defer { X509_free(leaf) }
        guard let privateKey = try privateKey(key) else {
            throw Failure(reason: "the client key cannot be read (PEM; without a passphrase)")
        }
        defer { EVP_PKEY_free(privateKey) }
        guard X509_check_private_key(leaf, privateKey) == 1 else {
            ERR_clear_error()
            throw Failure(reason: "client certificate and client key do not belong together")
        }
        return expiry(of: leaf)
    }

    /// The first one is the caller's to free.
    private static func certificates(_ bytes: [UInt8]) throws(Failure) -> (leaf: OpaquePointer?, count: Int) {
        guard let source = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else {
            throw Failure(reason: "out of memory")
        }
        defer { BIO_free(source) }
        var leaf: OpaquePointer?
        var count = 0
        while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
            count += 1
            if leaf == nil { leaf = certificate } else { X509_free(certificate) }
        }
        // The end of the text is an error, too: the one that is expected.
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let isEnd = code == 0 || ERR_GET_REASON(code) == PEM_R_NO_START_LINE
        guard isEnd else {
            X509_free(leaf)
            throw Failure(reason: "certificate \(count + 1) in it is broken (PEM)")
        }
        return (leaf, count)
    }

    private static func privateKey(_ bytes: [UInt8]) throws(Failure) -> OpaquePointer? {
        guard let source = BIO_new_mem_buf(bytes, Int32(clamping: bytes.count)) else {
            throw Failure(reason: "out of memory")
        }
        defer { BIO_free(source) }
        defer { ERR_clear_error() }
        // Without a callback that knows no passphrase, OpenSSL would ask on the terminal.
        return PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
    }

    private static func expiry(of certificate: OpaquePointer) -> Int64 {
        var end = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1 else { return .max }
        return Int64(timegm(&end))
    }

    /// `2026-11-21`, UTC.
    static func day(_ time: Int64) -> String {
        let day = CivilTime(secondsSince1970: time)
        return "\(day.year)-\(day.month < 10 ? "0" : "")\(day.month)-\(day.day < 10 ? "0" : "")\(day.day)"
    }
}
