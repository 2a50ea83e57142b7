import Foundation
import NIOSSL
import TestSupport
import Testing

@testable import KubeClient

@Suite(.requires(.openssl)) struct CertificateNameTests {
    @Test func looksAtNamesAndAddresses() async throws {
        let certificates = try await Certificates()
        let path = certificates.serverCertificate
        let certificate = try #require(try NIOSSLCertificate.fromPEMFile(path).first).toDERBytes()
        for (name, isIts) in [
            ("localhost", true), ("127.0.0.1", true), ("LOCALHOST", true), ("127.0.0.2", false), ("::1", false),
            ("other.example.com", false), ("localhost.example.com", false), ("server", false), ("", false),
        ] {
            #expect(CertificateName.matches(certificate, name) == isIts, "\(name)")
        }
        #expect(!CertificateName.matches([], "localhost"))
        #expect(!CertificateName.matches(Array(certificate.dropLast()), "localhost"))
    }
}
