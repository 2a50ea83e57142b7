internal import Basics
internal import ConfigSchema
internal import KubeClient
internal import Logging

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
        var lastProblem = ""
        while !Task.isCancelled {
            do throws(CertificateFailure) {
                try look()
                lastProblem = ""
            } catch {
                let level: Logger.Level = error.description == lastProblem ? .debug : .error
                logger.log(level: level, "the webhook's certificate cannot be loaded", error: error)
                lastProblem = error.description
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
