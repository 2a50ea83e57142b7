import Foundation
import TestSupport
import Testing

@testable import HTTPServer

/// The read-only server as its callers see it.
@Suite struct WebServerTests {
    private func limits(_ change: (inout ServerLimits) -> Void) -> ServerLimits {
        var limits = ServerLimits.status
        change(&limits)
        return limits
    }

    /// Serves while `body` runs.
    private func serving(
        _ limits: ServerLimits = .status, large: Int = 0, _ body: (WebServer) async throws -> Void
    ) async throws {
        let server = try await WebServer.start(host: "127.0.0.1", port: 0, limits: limits) { request in
            switch request.path {
            case "/hello": .text("hello")
            case "/large": ServerResponse(contentType: "text/plain", body: Array(repeating: 0x78, count: large))
            default: .notFound
            }
        }
        do { try await body(server) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test(.requires(.curl)) func `answers curl, on one connection`() async throws {
        try await serving { server in
            let url = "http://127.0.0.1:\(server.port)"
            let text = try await output(
                "curl",
                [
                    "-sS", "-w", "%{http_code} %{num_connects}\\n", "\(url)/hello?x=1", "\(url)/nowhere", "-I",
                    "\(url)/hello",
                ])
            #expect(text.contains("200 1\n"))
            #expect(text.contains("404 0\n"))
            let head = try await output("curl", ["-sSI", "\(url)/hello"])
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.lowercased().contains("\r\ncontent-length: 6\r\n"))
            #expect(head.hasSuffix("\r\n\r\n"))
        }
    }

    static let requests: [(request: String, status: String)] = [
        ("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200"),
        ("GET /hello HTTP/1.0\r\n\r\n", "200"),
        ("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", "405"),
        ("DELETE /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "405"),
        ("GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "404"),
        ("nonsense\r\n\r\n", "400"),
        ("GET /hello HTTP/1.1\r\n: x\r\n\r\n", "400"),
        ("GET /hello HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"),
        ("GET /\(String(repeating: "a", count: 100_000))", "431"),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n", "431"),
        ((0..<5000).reduce(into: "GET / HTTP/1.1\r\n") { $0 += "X\($1): y\r\n" }, "431"),
        ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n\(String(repeating: "a", count: 100_000))", "413"),
        ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", "413"),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n\(String(repeating: "a", count: 100_000))",
            "413"
        ),
        ("POST / HTTP/1.1\r\nContent-Length: 99\r\nExpect: 100-continue\r\n\r\n", "405"),
    ]

    @Test(arguments: requests)
    func `each request gets its answer and an end`(request: String, status: String) async throws {
        try await serving { server in
            let client = try RawClient(port: server.port)
            client.send(request)
            let answer = try #require(client.receive(), "no end")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.components(separatedBy: "HTTP/1.1").count == 2)
        }
    }

    @Test func `405 names what is allowed`() async throws {
        try await serving { server in
            let client = try RawClient(port: server.port)
            client.send("PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(client.receive()?.contains("Allow: GET, HEAD\r\n") == true)
        }
    }

    @Test func `requests sent together are answered in order`() async throws {
        try await serving { server in
            let client = try RawClient(port: server.port)
            client.send(
                "GET /hello HTTP/1.1\r\n\r\nGET /no HTTP/1.1\r\n\r\nHEAD /hello HTTP/1.1\r\nConnection: close\r\n\r\n")
            let answer = try #require(client.receive())
            let statuses = answer.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
            #expect(statuses == ["200", "404", "200"])
        }
    }

    @Test func `a caller that dribbles is let go`() async throws {
        try await serving(limits { ($0.request, $0.idle) = (.milliseconds(300), .milliseconds(300)) }) { server in
            let client = try RawClient(port: server.port)
            client.send("GET /hello HT")
            #expect(client.receive() == "")
            let silent = try RawClient(port: server.port)
            #expect(silent.receive() == "")
            let lazy = try RawClient(port: server.port)
            lazy.send("GET /hello HTTP/1.1\r\n\r\n")
            #expect(lazy.receive()?.hasSuffix("hello\n") == true)
        }
    }

    @Test func `a caller that does not read is let go`() async throws {
        try await serving(limits { $0.response = .milliseconds(300) }, large: 64 << 20) { server in
            let client = try RawClient(port: server.port)
            client.send("GET /large HTTP/1.1\r\n\r\n")
            try await Task.sleep(for: .milliseconds(800))
            let answer = try #require(client.receive())
            #expect(answer.utf8.count < 64 << 20)
        }
    }

    @Test func `where all places are taken, whoever has asked for nothing longest goes`() async throws {
        try await serving(limits { $0.connections = 2 }) { server in
            let idle = try RawClient(port: server.port)
            idle.send("GET /hello HTTP/1.1\r\n\r\n")
            #expect(idle.receive(until: "hello\n") != nil)
            let silent = try RawClient(port: server.port)
            let third = try RawClient(port: server.port)
            #expect(silent.receive() == "")
            third.send("GET /hello HTTP/1.1\r\n\r\n")
            #expect(third.receive(until: "hello\n") != nil)
            let fourth = try RawClient(port: server.port)
            #expect(idle.receive() == "")
            for client in [third, fourth] {
                client.send("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n")
                #expect(client.receive()?.contains("hello") == true)
            }
        }
    }

    @Test func `a taken port is named`() async throws {
        try await serving { server in
            let port = server.port
            let error = await #expect(throws: ListenError.self) {
                _ = try await WebServer.start(host: "127.0.0.1", port: port) { _ in .notFound }
            }
            #expect(
                error?.description
                    == "cannot listen on port \(port): Address already in use; free the port or choose another")
        }
    }

    @Test func `stopping ends idle connections and is done soon`() async throws {
        try await serving(limits { $0.stop = .milliseconds(500) }) { server in
            let idle = try RawClient(port: server.port)
            idle.send("GET /hello HTTP/1.1\r\n\r\n")
            #expect(idle.receive(until: "hello\n") != nil)
            let start = ContinuousClock.now
            await server.stop()
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(idle.receive() == "")
            #expect(throws: (any Error).self) { try RawClient(port: server.port) }
        }
    }

    @Test func `listens on IPv4 and IPv6 alike`() async throws {
        let server = try await WebServer.start(port: 0) { _ in .text("ok") }
        let client = try RawClient(port: server.port)
        client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        #expect(client.receive()?.hasSuffix("ok\n") == true)
        await server.stop()
    }
}
