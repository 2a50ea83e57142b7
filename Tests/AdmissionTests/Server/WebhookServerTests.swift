import Glibc
import TestSupport
import Testing

@testable import Admission
@testable import HTTPServer

/// The server as other programs see it.
@Suite(.requires(.curl, .openssl)) struct WebhookServerTests {
    static func limits(_ change: (inout ServerLimits) -> Void = { _ in }) -> ServerLimits {
        var limits = ServerLimits.webhook
        (limits.answer, limits.farewell) = (.seconds(1), .milliseconds(50))
        change(&limits)
        return limits
    }

    /// A server at work while `body` runs. It answers with what it was sent.
    static func serving<Value: Sendable>(
        _ limits: ServerLimits = limits(), certificate: ServingCertificate? = nil,
        _ body: @Sendable (WebServer, Caller) async throws -> Value
    ) async throws -> Value {
        let material = try CertificateIssuerTests.made(at: Int64(time(nil)))
        let serving = certificate ?? ServingCertificate()
        if certificate == nil { try serving.serve(material.identity) }
        let server = try await WebServer.listen(port: 0, limits: limits) { serving.tls }
        let folder = try TemporaryFolder("webhook")
        let caller = Caller(
            port: server.port, authority: try folder.write(material.bundle, to: "ca.crt"), folder: folder)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await server.run { request in
                    .text("\(request.method) \(request.path) \(request.contentType) \(request.body.count)", status: 200)
                }
            }
            defer { group.cancelAll() }
            return try await body(server, caller)
        }
    }

    /// curl, with the API server's trust.
    struct Caller: Sendable {
        let port: Int
        let authority: String
        let folder: TemporaryFolder

        func curl(_ arguments: String..., path: String = "/convert") async throws -> Finished {
            try await run(
                Tool.curl.path ?? "curl",
                [
                    "--silent", "--show-error", "--max-time", "20", "--cacert", authority,
                    "--resolve", "webhook.team.svc:\(port):127.0.0.1",
                ] + arguments + ["https://webhook.team.svc:\(port)\(path)"])
        }
    }

    @Test(arguments: [("--tlsv1.2", "1.2"), ("--tlsv1.3", "1.3")])
    func speaksTLS(option: String, version: String) async throws {
        try await Self.serving { _, caller in
            let answer = try await caller.curl(option, "--tls-max", version, "--json", "{}")
            #expect(answer.output == "POST /convert application/json 2\n", "\(answer.error)")
        }
    }

    @Test func olderVersionsAreRefused() async throws {
        try await Self.serving { _, caller in
            let answer = try await caller.curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0")
            #expect(answer.status == .exited(35), "\(answer.status) \(answer.output)")
        }
    }

    @Test func oneConnectionServesManyRequests() async throws {
        try await Self.serving { _, caller in
            let url = "https://webhook.team.svc:\(caller.port)/convert"
            let answer = try await caller.curl("--verbose", "--json", "{}", url)
            #expect(answer.output.split(separator: "\n").count == 2)
            #expect(answer.error.contains("Re-using existing connection"))
        }
    }

    @Test(arguments: [0, 1, 3 << 20]) func bodiesArriveWhole(size: Int) async throws {
        try await Self.serving { _, caller in
            let file = try caller.folder.write([UInt8](repeating: 0x20, count: size), to: "body")
            let answer = try await caller.curl(
                "--data-binary", "@\(file)", "--header", "Content-Type: application/json")
            #expect(answer.output == "POST /convert application/json \(size)\n")
        }
    }

    @Test(arguments: ["Content-Length: 2001", "Transfer-Encoding: chunked"])
    func bodiesThatAreTooLargeAreRefused(framing: String) async throws {
        try await Self.serving(Self.limits { $0.body = 2000 }) { _, caller in
            let file = try caller.folder.write([UInt8](repeating: 0x20, count: 2001), to: "body")
            let answer = try await caller.curl(
                "--data-binary", "@\(file)", "--header", framing, "--write-out", "%{http_code}", "--output", "/dev/null"
            )
            #expect(answer.output == "413")
        }
    }

    @Test func bodiesBeyondTheBudgetArePostponed() async throws {
        try await Self.serving(Self.limits { $0.bodies = 1000 }) { _, caller in
            let file = try caller.folder.write([UInt8](repeating: 0x20, count: 1001), to: "body")
            let full = try await caller.curl("--data-binary", "@\(file)", "--write-out", "%{http_code}")
            #expect(full.output.hasSuffix("503"))
            // What was taken has been given back.
            for _ in 0..<3 {
                let answer = try await caller.curl("--data-binary", "x", "--write-out", "%{http_code}")
                #expect(answer.output.hasSuffix("200"))
            }
        }
    }

    /// A head without an end is refused by its length, and a caller that says nothing more cut off by the time it takes.
    @Test(arguments: [("X: " + String(repeating: "x", count: 3000), "HTTP/1.1 431 "), ("X: x", "")])
    func unendingRequestsAreCutOff(head: String, answered: String) async throws {
        let limits = Self.limits {
            ($0.head, $0.request) = (1000, answered.isEmpty ? .milliseconds(200) : .seconds(60))
        }
        try await Self.serving(limits) { _, caller in
            let answer = try await run(
                Tool.openssl.path ?? "openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(caller.port)", "-CAfile", caller.authority, "-quiet",
                    "-ign_eof",
                ],
                input: Array("POST /convert HTTP/1.1\r\n\(head)\r\n".utf8), limit: .seconds(20))
            #expect(answer.output.hasPrefix(answered))
            #expect(answer.output.isEmpty == answered.isEmpty)
        }
    }

    @Test func aNewCertificateCountsForNewConnections() async throws {
        let serving = ServingCertificate()
        try serving.serve(try CertificateIssuerTests.made(at: Int64(time(nil))).identity)
        try await Self.serving(certificate: serving) { _, caller in
            // The caller trusts another authority than the one that is shown yet.
            #expect(try await caller.curl().status == .exited(60))
            let next = try CertificateIssuerTests.made(at: Int64(time(nil)))
            try caller.folder.write(next.bundle, to: "ca.crt")
            try serving.serve(next.identity)
            #expect(try await caller.curl().status.isSuccess)
        }
    }

    @Test func withoutACertificateNobodyIsServed() async throws {
        try await Self.serving(certificate: ServingCertificate()) { _, caller in
            let answer = try await caller.curl()
            #expect(!answer.status.isSuccess)
        }
    }

    @Test func onLeavingConnectionsEndWithTheirAnswer() async throws {
        try await Self.serving { server, caller in
            await server.farewell()
            let answer = try await caller.curl("--include", "--json", "{}")
            #expect(answer.output.contains("HTTP/1.1 200 OK"))
            #expect(answer.output.contains("Connection: close"))
        }
    }

    @Test func aPortThatIsTakenIsNamed() async throws {
        try await Self.serving { server, _ in
            _ = await #expect(throws: (any Error).self) {
                _ = try await WebServer.listen(port: server.port) { nil }
            }
        }
    }
}
