/// A certificate authority with one server and one client certificate, made by openssl for `localhost` and 127.0.0.1.
package struct Certificates: Sendable {
    package let folder: TemporaryFolder

    package var authority: String { folder["ca.crt"] }
    package var serverCertificate: String { folder["server.crt"] }
    package var serverKey: String { folder["server.key"] }
    package var clientCertificate: String { folder["client.crt"] }
    package var clientKey: String { folder["client.key"] }

    package init() async throws {
        folder = try TemporaryFolder("certificates")
        let openssl = try Tool.openssl.requiredPath()
        let ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        try await output(
            openssl,
            ["req", "-x509"] + ec + [
                "-keyout", folder["ca.key"], "-out", authority, "-subj", "/CN=Test authority",
                "-addext", "basicConstraints=critical,CA:TRUE",
            ])
        for (name, extensions) in [
            ("server", "subjectAltName=DNS:localhost,IP:127.0.0.1"), ("client", "extendedKeyUsage=clientAuth"),
        ] {
            try await output(
                openssl,
                ["req", "-x509"] + ec + [
                    "-CA", authority, "-CAkey", folder["ca.key"], "-keyout", folder["\(name).key"],
                    "-out", folder["\(name).crt"], "-subj", "/CN=\(name)", "-addext", extensions,
                    "-addext", "basicConstraints=critical,CA:FALSE",
                ])
        }
    }
}
