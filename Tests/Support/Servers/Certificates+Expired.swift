extension Certificates {
    /// A certificate of the same authority that ended in 2020, for `subject`, with its key: the paths of both.
    ///
    /// - Parameter extensions: lines of OpenSSL's configuration, such as `subjectAltName=DNS:localhost`.
    package func expired(_ subject: String, extensions: String) async throws -> (certificate: String, key: String) {
        let openssl = try Tool.openssl.requiredPath()
        let name = "expired-\(subject)"
        try folder.write("", to: "\(name).index")
        let configuration = try folder.write(
            """
            [ca]
            default_ca = authority
            [authority]
            database = \(folder["\(name).index"])
            new_certs_dir = \(folder.path)
            rand_serial = yes
            default_md = sha256
            policy = anything
            [anything]
            commonName = supplied
            [leaf]
            basicConstraints = critical,CA:FALSE
            \(extensions)
            """, to: "\(name).conf")
        let paths = (certificate: folder["\(name).crt"], key: folder["\(name).key"])
        try await output(
            openssl,
            [
                "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=\(subject)", "-keyout", paths.key, "-out", folder["\(name).csr"],
            ])
        try await output(
            openssl,
            [
                "ca", "-batch", "-notext", "-config", configuration, "-extensions", "leaf", "-in",
                folder["\(name).csr"], "-out", paths.certificate, "-cert", authority, "-keyfile", folder["ca.key"],
                "-startdate", "20200101000000Z", "-enddate", "20200102000000Z",
            ])
        return paths
    }
}
