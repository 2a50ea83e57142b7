internal import HTTPTransport
internal import NIOCore
internal import NIOSSL

/// The same trust and identity as for requests, in SwiftNIO's terms.
enum StreamTLS {
    /// Those that secure a connection, in their order.
    static func handlers(for access: ClusterAccess, _ credential: Credential) throws -> [any ChannelHandler] {
        let name = access.serverName ?? access.server.host
        // An address is no name to be sent (RFC 6066 §3).
        let tls = try NIOSSLClientHandler(
            context: try context(for: access, credential),
            serverHostname: AddressRange.address(name) == nil ? name : nil)
        if case .nothingChecked = access.trust { return [tls] }
        return [tls, ServerNameHandler(name)]
    }

    private static func context(for access: ClusterAccess, _ credential: Credential) throws -> NIOSSLContext {
        var configuration = NIOSSL.TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // The chain; `ServerNameHandler` looks at the name.
        configuration.certificateVerification = .noHostnameVerification
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
}
