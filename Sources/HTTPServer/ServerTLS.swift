internal import NIOSSL

/// What a server shows to callers and asks of them: TLS from 1.2 on.
package struct ServerTLS: Sendable {
    let context: NIOSSLContext

    /// - Parameters:
    ///   - chain: the certificate and what leads to its authority, in PEM.
    ///   - key: in PEM.
    ///   - clientAuthority: in PEM; callers without a certificate of these authorities are refused in the handshake.
    /// - Throws: what is wrong with them, in words of the library.
    package init(chain: [UInt8], key: [UInt8], clientAuthority: [UInt8]? = nil) throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let clientAuthority {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(clientAuthority))
            // A client has no name that could be compared with where it calls from.
            configuration.certificateVerification = .noHostnameVerification
        }
        context = try NIOSSLContext(configuration: configuration)
    }
}
