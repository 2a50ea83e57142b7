internal import HTTPTransport
internal import NIOSSL
internal import Synchronization

/// The certificate that is shown to callers; it may change at any time, for connections that are opened afterwards.
package final class ServingCertificate: Sendable {
    private struct Shown {
        var identity: ServingIdentity
        var context: NIOSSLContext
        var expiry: Int64
    }

    private let shown = Mutex<Shown?>(nil)

    package init() {}

    package var isLoaded: Bool { shown.withLock { $0 != nil } }
    /// In seconds since 1970.
    package var expiry: Int64? { shown.withLock { $0?.expiry } }

    var context: NIOSSLContext? { shown.withLock { $0?.context } }

    /// - Throws: where certificate and key cannot be used; what was shown before stays.
    package func serve(_ identity: ServingIdentity) throws(CertificateFailure) {
        guard shown.withLock({ $0?.identity != identity }) else { return }
        guard let expiry = CertificateReader.expiry(of: identity) else {
            throw CertificateFailure("the certificate or its key is missing, broken, or they do not belong together")
        }
        let context: NIOSSLContext
        do { context = try Self.context(identity) } catch {
            throw CertificateFailure("the certificate or its key is of a kind that cannot be shown: \(error)")
        }
        shown.withLock { $0 = Shown(identity: identity, context: context, expiry: expiry) }
    }

    private static func context(_ identity: ServingIdentity) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(identity.chain).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: identity.key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
