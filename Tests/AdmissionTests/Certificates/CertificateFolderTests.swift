import Basics
import KubeClient
import Logging
import TestSupport
import Testing

@testable import Admission

@Suite struct CertificateFolderTests {
    @Test func filesAreFollowed() throws {
        let folder = try TemporaryFolder("certificate")
        let serving = ServingCertificate()
        let certificates = CertificateFolder(
            folder: folder.path, serving: serving, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() },
            time: .system)
        #expect(throws: CertificateFailure.self) { try certificates.look() }

        let first = try CertificateIssuerTests.made()
        try folder.write(first.leaf, to: "tls.crt")
        try folder.write(first.leafKey, to: "tls.key")
        try certificates.look()
        #expect(serving.expiry == CertificateIssuerTests.now + 90 * 86_400)

        // Half of a change: what was shown stays.
        let second = try CertificateIssuerTests.made(at: CertificateIssuerTests.now + 1000)
        try folder.write(second.leaf, to: "tls.crt")
        #expect(throws: CertificateFailure.self) { try certificates.look() }
        #expect(serving.expiry == CertificateIssuerTests.now + 90 * 86_400)
        try folder.write(second.leafKey, to: "tls.key")
        try certificates.look()
        #expect(serving.expiry == CertificateIssuerTests.now + 1000 + 90 * 86_400)
    }
}
