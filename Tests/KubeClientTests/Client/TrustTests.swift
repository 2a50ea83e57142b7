import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import KubeClient

/// What is said when TLS does not come about, against a real server.
@Suite(.requires(.nginx)) struct TrustTests {
    private let certificates: Certificates
    private let fixture: KubeconfigFixture

    init() async throws {
        certificates = try await Certificates()
        fixture = try KubeconfigFixture()
    }

    private func nginx(_ change: (inout Nginx.Options) -> Void = { _ in }) async throws -> Nginx {
        var options = Nginx.Options(certificates: certificates)
        change(&options)
        let nginx = try await Nginx.start(options)
        try Data("whole".utf8).write(to: URL(filePath: nginx.root + "/file"))
        return nginx
    }

    /// What comes of asking with such a cluster and user; the answer's text, or the error.
    private func ask(
        _ cluster: String, user: String = "{}", _ environment: [String: String] = [:]
    ) async throws -> Result<String, KubeError> {
        try fixture.write(cluster: cluster, user: user)
        let client = KubeClient(try fixture.load(environment: environment), .init(retries: .never))
        let result: Result<String, KubeError>
        do {
            result = .success(String(decoding: try await client.send(APIRequest("GET", "/file")).body, as: UTF8.self))
        } catch { result = .failure(error) }
        await client.shutdown()
        return result
    }

    private func explanation(_ result: Result<String, KubeError>) -> String {
        switch result {
        case .success(let text): "succeeded: \(text)"
        case .failure(let error): error.description
        }
    }

    private var trust: String { "certificate-authority: \(certificates.authority)" }

    @Test func trustsTheClustersAuthorityAlone() async throws {
        let nginx = try await nginx()
        let url = "https://localhost:\(nginx.port)"
        #expect(try await ask("{server: '\(url)', \(trust)}").get() == "whole")
        #expect(try await ask("{server: '\(url)', insecure-skip-tls-verify: true}").get() == "whole")

        let stranger = try await Certificates()
        let wrong = try await ask("{server: '\(url)', certificate-authority: \(stranger.authority)}")
        #expect(explanation(wrong).hasPrefix("GET \(url)/file: TLS failed: "))
        let system = try await ask("{server: '\(url)'}")
        #expect(explanation(system).hasPrefix("GET \(url)/file: TLS failed: "))
        // What a company's laptops trust beside the system's.
        let own = ["SSL_CERT_FILE": certificates.authority]
        #expect(try await ask("{server: '\(url)'}", own).get() == "whole")
        let named = try await ask("{server: '\(url)', certificate-authority: \(stranger.authority)}", own)
        #expect(explanation(named).hasPrefix("GET \(url)/file: TLS failed: "))
    }

    @Test func checksTheServersName() async throws {
        let nginx = try await nginx()
        let url = "https://127.0.0.1:\(nginx.port)"
        let wrong = try await ask("{server: '\(url)', \(trust), tls-server-name: other.example}")
        #expect(explanation(wrong).contains("TLS failed: "))
        #expect(explanation(wrong).contains("other.example"))
        #expect(try await ask("{server: '\(url)', \(trust), tls-server-name: localhost}").get() == "whole")
    }

    @Test func showsItsCertificate() async throws {
        let nginx = try await nginx { $0.demandsClientCertificate = true }
        let cluster = "{server: 'https://localhost:\(nginx.port)', \(trust)}"
        let user = "{client-certificate: \(certificates.clientCertificate), client-key: \(certificates.clientKey)}"
        #expect(try await ask(cluster, user: user).get() == "whole")
        let refused = try await ask(cluster)
        #expect(explanation(refused).hasPrefix("GET /file: HTTP 400: 400 No required SSL certificate was sent"))
    }

    @Test func saysThatItsOwnCertificateExpired() async throws {
        let nginx = try await nginx {
            $0.directives = [
                "ssl_client_certificate \(certificates.authority);", "ssl_verify_client optional;",
                "error_page 495 =401 /file;",
            ]
        }
        let expired = try await certificates.expired("client", extensions: "extendedKeyUsage=clientAuth")
        let refused = try await ask(
            "{server: 'https://localhost:\(nginx.port)', \(trust)}",
            user: "{client-certificate: \(expired.certificate), client-key: \(expired.key)}")
        #expect(explanation(refused).hasSuffix("(the client certificate expired on 2020-01-02)"))
    }

    @Test func refusesAServersExpiredCertificate() async throws {
        let expired = try await certificates.expired("server", extensions: "subjectAltName=DNS:localhost")
        let nginx = try await nginx { $0.identity = expired }
        let refused = try await ask("{server: 'https://localhost:\(nginx.port)', \(trust)}")
        #expect(explanation(refused).hasSuffix("certificate has expired"))
    }

    @Test func retriesNoUntrustedServer() async throws {
        let nginx = try await nginx()
        try fixture.write(cluster: "{server: 'https://localhost:\(nginx.port)'}")
        let client = KubeClient(try fixture.load())
        let error = await #expect(throws: KubeError.self) { try await client.send(APIRequest("GET", "/file")) }
        #expect(error?.isTransient == false)
        await client.shutdown()
    }
}
