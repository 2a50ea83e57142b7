internal import HTTPTransport
internal import NIOSSL

/// The same trust and identity as for requests, in SwiftNIO's terms.
enum StreamTLS {
    struct Unusable: Error, CustomStringConvertible {
        var description: String
    }

    /// - Parameter isTunnelled: the connection goes to a proxy, so that its address is not the server's.
    static func handler(
        for access: ClusterAccess, _ credential: Credential, isTunnelled: Bool
    ) throws -> NIOSSLClientHandler {
        let name = access.serverName ?? access.server.host
        let isAddress = AddressRange.address(name) != nil
        // Without a name NIOSSL compares the certificate with the address it is connected to.
        guard !isAddress || isNothingChecked(access.trust) || name == access.server.host && !isTunnelled else {
            throw Unusable(
                description: "the server's certificate cannot be compared with the address \(name) here; set "
                    + "tls-server-name to a name in its certificate")
        }
        return try NIOSSLClientHandler(
            context: try context(for: access, credential), serverHostname: isAddress ? nil : name)
    }

    private static func context(for access: ClusterAccess, _ credential: Credential) throws -> NIOSSLContext {
        var configuration = NIOSSL.TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        switch access.trust {
        case .system: break
        case .pem(let bytes): configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bytes))
        case .file(let path): configuration.trustRoots = .file(path)
        case .nothingChecked: configuration.certificateVerification = .none
        }
        if let identity = credential.identity {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(identity.certificate)
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }

    private static func isNothingChecked(_ trust: HTTPTransport.TLSConfiguration.Trust) -> Bool {
        if case .nothingChecked = trust { true } else { false }
    }
}
