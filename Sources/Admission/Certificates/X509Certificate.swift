internal import CCrypto
internal import Glibc

/// A certificate and, nested, a key: the only file in which OpenSSL's pointers of them live.
struct X509Certificate: ~Copyable {
    private let pointer: OpaquePointer

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { X509_free(pointer) }

    /// The first certificate of a text.
    init?(pem: String) {
        guard let pointer = PEMText.read(pem, { PEM_read_bio_X509($0, nil, nil, nil) }) else { return nil }
        self.pointer = pointer
    }

    // MARK: Key

    /// A private key.
    struct Key: ~Copyable {
        fileprivate let pointer: OpaquePointer

        deinit { EVP_PKEY_free(pointer) }

        /// A new one, on the curve P-256.
        init() throws(CertificateFailure) {
            guard let pointer = ccrypto_new_p256_key() else { throw CertificateFailure.ofOpenSSL() }
            self.pointer = pointer
        }

        init?(pem: String) {
            // Without a callback that knows no passphrase, OpenSSL would ask on the terminal.
            let read = PEMText.read(pem) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
            guard let read else { return nil }
            pointer = read
        }

        func pem() throws(CertificateFailure) -> String {
            try PEMText.write { PEM_write_bio_PKCS8PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
        }
    }

    // MARK: Making

    struct Extension {
        var identifier: Int32
        /// In the form of openssl.cnf.
        var value: String
    }

    /// Signed with SHA-256 by `issuer`'s key; by its own where there is no issuer.
    ///
    /// - Parameters:
    ///   - start: in seconds since 1970, as `end`.
    static func make(
        _ name: String, serial: [UInt8], for key: borrowing Key, from start: Int64, to end: Int64,
        _ extensions: [Extension]
    ) throws(CertificateFailure) -> X509Certificate {
        let made = try unsigned(name, serial, key, start, end)
        try sign(made.pointer, by: made.pointer, key, extensions)
        return made
    }

    static func make(
        _ name: String, serial: [UInt8], for key: borrowing Key, from start: Int64, to end: Int64,
        _ extensions: [Extension], by issuer: borrowing X509Certificate, _ issuerKey: borrowing Key
    ) throws(CertificateFailure) -> X509Certificate {
        let made = try unsigned(name, serial, key, start, end)
        guard X509_set_issuer_name(made.pointer, X509_get_subject_name(issuer.pointer)) == 1 else {
            throw CertificateFailure.ofOpenSSL()
        }
        try sign(made.pointer, by: issuer.pointer, issuerKey, extensions)
        return made
    }

    /// 127 random bits: RFC 5280 §4.1.2.2 wants a positive number.
    static func serial() throws(CertificateFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard RAND_bytes(&bytes, 16) == 1 else { throw CertificateFailure.ofOpenSSL() }
        bytes[0] &= 0x7F
        return bytes
    }

    private static func unsigned(
        _ name: String, _ serial: [UInt8], _ key: borrowing Key, _ start: Int64, _ end: Int64
    ) throws(CertificateFailure) -> X509Certificate {
        guard let pointer = X509_new() else { throw CertificateFailure.ofOpenSSL() }
        let certificate = X509Certificate(pointer)
        let subject = X509_get_subject_name(pointer)
        let number = BN_bin2bn(serial, Int32(serial.count), nil)
        defer { BN_free(number) }
        // Version 3 is written as 2.
        guard X509_set_version(pointer, 2) == 1,
            BN_to_ASN1_INTEGER(number, X509_get_serialNumber(pointer)) != nil,
            X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1,
            X509_set_issuer_name(pointer, subject) == 1, X509_set_pubkey(pointer, key.pointer) == 1,
            ASN1_TIME_set(X509_getm_notBefore(pointer), time_t(start)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(pointer), time_t(end)) != nil
        else { throw CertificateFailure.ofOpenSSL() }
        return certificate
    }

    private static func sign(
        _ certificate: OpaquePointer, by issuer: OpaquePointer, _ key: borrowing Key, _ extensions: [Extension]
    ) throws(CertificateFailure) {
        for one in extensions where ccrypto_add_extension(certificate, issuer, one.identifier, one.value) != 1 {
            throw CertificateFailure.ofOpenSSL()
        }
        guard X509_sign(certificate, key.pointer, EVP_sha256()) > 0 else { throw CertificateFailure.ofOpenSSL() }
    }

    // MARK: Looking

    func pem() throws(CertificateFailure) -> String { try PEMText.write { PEM_write_bio_X509($0, pointer) } }

    /// The SHA-256, in hexadecimal digits.
    var identifier: String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(pointer, EVP_sha256(), &digest, &count) == 1 else { return "" }
        return digest.prefix(Int(count)).hexadecimal
    }

    var isAuthority: Bool { X509_check_ca(pointer) == 1 }
    /// In seconds since 1970, as `end`.
    var start: Int64? { Self.seconds(X509_get0_notBefore(pointer)) }
    var end: Int64? { Self.seconds(X509_get0_notAfter(pointer)) }

    func fits(_ key: borrowing Key) -> Bool {
        defer { ERR_clear_error() }
        return X509_check_private_key(pointer, key.pointer) == 1
    }

    func isSigned(by issuer: borrowing X509Certificate) -> Bool {
        defer { ERR_clear_error() }
        return X509_verify(pointer, X509_get0_pubkey(issuer.pointer)) == 1
    }

    /// Whether it is made out to a name or an address.
    func isMadeOut(to name: String) -> Bool {
        defer { ERR_clear_error() }
        return X509_check_ip_asc(pointer, name, 0) == 1 || X509_check_host(pointer, name, name.utf8.count, 0, nil) == 1
    }

    static func isAddress(_ name: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        return ASN1_TIME_to_tm(time, &parts) == 1 ? Int64(timegm(&parts)) : nil
    }
}

/// OpenSSL's way of reading and writing PEM.
private enum PEMText {
    static func read(_ text: String, _ read: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        var text = text
        return text.withUTF8 { bytes in
            guard let source = BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { BIO_free(source) }
            defer { ERR_clear_error() }
            return read(source)
        }
    }

    static func write(_ write: (OpaquePointer) -> Int32) throws(CertificateFailure) -> String {
        guard let sink = BIO_new(BIO_s_mem()) else { throw CertificateFailure.ofOpenSSL() }
        defer { BIO_free(sink) }
        guard write(sink) == 1 else { throw CertificateFailure.ofOpenSSL() }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = BIO_read(sink, &chunk, Int32(chunk.count))
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += chunk.prefix(Int(count))
        }
    }
}

extension CertificateFailure {
    fileprivate static func ofOpenSSL() -> CertificateFailure {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_get_error(), &text, text.count)
        ERR_clear_error()
        let words = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return CertificateFailure("a certificate could not be made: \(String(decoding: words, as: UTF8.self))")
    }
}

extension Sequence<UInt8> {
    var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

/// Why certificates could not be made, read or shared. Never holds a key.
struct CertificateFailure: Error, Sendable, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
