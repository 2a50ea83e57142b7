internal import CCrypto

/// Whether a certificate is made out to a name or an address, by the rules that requests follow (RFC 6125, OpenSSL).
enum CertificateName {
    /// Looks at the name alone: who signed the certificate, and whether its time has come, others judge.
    ///
    /// - Parameter certificate: as DER.
    static func matches(_ certificate: [UInt8], _ name: String) -> Bool {
        // To OpenSSL no name means any name.
        guard !name.isEmpty else { return false }
        let parsed = certificate.withUnsafeBufferPointer { bytes in
            var cursor = bytes.baseAddress
            return d2i_X509(nil, &cursor, bytes.count)
        }
        defer { ERR_clear_error() }
        guard let parsed else { return false }
        defer { X509_free(parsed) }
        guard let store = X509_STORE_new() else { return false }
        defer { X509_STORE_free(store) }
        guard let verification = X509_STORE_CTX_new() else { return false }
        defer { X509_STORE_CTX_free(verification) }
        // The certificate is its own authority here, so that nothing but the name is left to be verified.
        guard X509_STORE_add_cert(store, parsed) == 1,
            X509_STORE_CTX_init(verification, store, parsed, nil) == 1,
            let rules = X509_STORE_CTX_get0_param(verification)
        else { return false }
        let flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME
        guard X509_VERIFY_PARAM_set_flags(rules, UInt(flags)) == 1 else { return false }
        let isAddress = AddressRange.address(name) != nil
        let isSet =
            isAddress
            ? X509_VERIFY_PARAM_set1_ip_asc(rules, name) : X509_VERIFY_PARAM_set1_host(rules, name, name.utf8.count)
        return isSet == 1 && X509_verify_cert(verification) == 1
    }
}
