internal import Basics
internal import HTTPServer
internal import KubeClient
internal import Logging
internal import Synchronization

/// The certificate that is shown to callers; it may change at any time, for connections that are opened afterwards.
final class ServingCertificate: Sendable {
    private struct Shown {
        var identity: ServingIdentity
        var callers: [UInt8]?
        var tls: ServerTLS
        var expiry: Int64
    }

    private let shown = Mutex<Shown?>(nil)
    private let clientAuthority: String?

    /// - Parameter clientAuthority: a file of certificates (PEM) of which callers have to show one; it is followed, too.
    init(clientAuthority: String? = nil) { self.clientAuthority = clientAuthority }

    var isLoaded: Bool { shown.withLock { $0 != nil } }
    /// In seconds since 1970.
    var expiry: Int64? { shown.withLock { $0?.expiry } }

    var tls: ServerTLS? { shown.withLock { $0?.tls } }

    /// - Throws: where certificate and key cannot be used; what was shown before stays.
    func serve(_ identity: ServingIdentity) throws(CertificateFailure) {
        let callers = try callers()
        guard shown.withLock({ $0?.identity != identity || $0?.callers != callers }) else { return }
        guard let expiry = CertificateReader.expiry(of: identity) else {
            throw CertificateFailure("the certificate or its key is missing, broken, or they do not belong together")
        }
        let tls: ServerTLS
        do {
            tls = try ServerTLS(chain: identity.chain, key: identity.key, clientAuthority: callers)
        } catch {
            throw CertificateFailure(
                "the certificate, its key or the callers' authority is of a kind that cannot be used: \(error)")
        }
        shown.withLock { $0 = Shown(identity: identity, callers: callers, tls: tls, expiry: expiry) }
    }

    /// Whoever is asked for a certificate is never let in without: a file that cannot be read opens no door.
    private func callers() throws(CertificateFailure) -> [UInt8]? {
        guard let clientAuthority else { return nil }
        let authority: [UInt8]
        do { authority = try SmallFile.bytes(clientAuthority) } catch {
            throw CertificateFailure("the callers' authority: \(error)")
        }
        guard X509Certificate(pem: String(decoding: authority, as: UTF8.self)) != nil else {
            throw CertificateFailure("\(clientAuthority) holds no certificate")
        }
        return authority
    }
}

/// A certificate with its chain, and its key, as PEM.
struct ServingIdentity: Sendable, Equatable {
    var chain: [UInt8]
    var key: [UInt8]
}

/// Shows a certificate that others keep in files, such as cert-manager in a Secret that is mounted, and follows their
/// changes.
struct CertificateFolder: Sendable {
    let folder: String
    let serving: ServingCertificate
    let logger: Logger
    let time: Timepiece

    static let interval = Duration.seconds(10)

    /// Until the task is cancelled.
    func run() async {
        var lastProblem: CertificateFailure?
        while !Task.isCancelled {
            do throws(CertificateFailure) {
                try look()
                lastProblem = nil
            } catch {
                let level: Logger.Level = error == lastProblem ? .debug : .error
                logger.log(level: level, "the webhook's certificate cannot be loaded", error: error)
                lastProblem = error
            }
            do { try await time.sleep(time.now() + Self.interval) } catch { return }
        }
    }

    /// What is shown stays where the files cannot be read, or do not fit each other: they may be changing right now.
    func look() throws(CertificateFailure) {
        let identity: ServingIdentity
        do {
            identity = ServingIdentity(
                chain: try SmallFile.bytes("\(folder)/tls.crt"), key: try SmallFile.bytes("\(folder)/tls.key"))
        } catch {
            throw CertificateFailure("\(error)")
        }
        try serving.serve(identity)
    }
}
