import Foundation
import TestSupport
import Testing

@testable import HTTPServer

/// Callers that have to show a certificate.
@Suite(.requires(.curl, .openssl)) struct ClientCertificateTests {
    @Test(arguments: ["1.2", "1.3"]) func `only callers of the authority are let in`(version: String) async throws {
        let certificates = try await Certificates()
        let stranger = try await Certificates()
        let read = { (path: String) in [UInt8](try Data(contentsOf: URL(filePath: path))) }
        let tls = try ServerTLS(
            chain: read(certificates.serverCertificate), key: read(certificates.serverKey),
            clientAuthority: read(certificates.authority))
        let server = try await WebServer.listen(port: 0) { tls }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.run { .text("\($0.method) \($0.isLoopback)") } }
            defer { group.cancelAll() }
            let basis = [
                "--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--cacert", certificates.authority,
                "--tlsv\(version)", "--tls-max", version, "https://localhost:\(server.port)/",
            ]
            let known = try await output(
                "curl", basis + ["--cert", certificates.clientCertificate, "--key", certificates.clientKey])
            #expect(known == "GET true\n")
            for shown in [[], ["--cert", stranger.clientCertificate, "--key", stranger.clientKey]] {
                let unknown = try await run("curl", basis + shown)
                #expect(!unknown.status.isSuccess)
                #expect(unknown.output.isEmpty)
            }
        }
    }

    @Test func `what is no certificate is refused`() {
        #expect(throws: (any Error).self) { try ServerTLS(chain: [], key: []) }
    }
}
