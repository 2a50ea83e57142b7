internal import CCrypto
internal import HTTPTransport
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

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

/// Lets a connection begin once its server has shown a certificate that is made out to `name`, and not before: no
/// credential goes to another.
///
/// NIOSSL itself would also be content with the address it is connected to, which is a proxy's where there is one.
final class ServerNameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    struct WrongName: Error, CustomStringConvertible {
        var description: String
    }

    private let name: String

    init(_ name: String) {
        self.name = name
    }

    /// So far there is a connection, but nobody has been identified.
    func channelActive(context: ChannelHandlerContext) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted = event else { return context.fireUserInboundEventTriggered(event) }
        let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        guard let certificate = try? tls?.peerCertificate?.toDERBytes(), CertificateName.matches(certificate, name)
        else {
            let words = "the server's certificate is not made out to \(name); see tls-server-name"
            context.fireErrorCaught(WrongName(description: words))
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
        context.fireChannelActive()
    }
}

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
