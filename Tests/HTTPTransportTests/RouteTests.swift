import Foundation
import HTTPTransport
import TestSupport
import Testing

/// Ways to a server: proxies and unix sockets.
@Suite struct RouteTests {
    @Test func plainRequestsGoThroughTheProxyWhole() async throws {
        let proxy = try ScriptedHTTPServer { _ in [.ok("by proxy")] }
        defer { proxy.stop() }
        let client = HTTPClient(.init(proxy: .url(proxy.url)))
        let body = try await client.execute(HTTPRequest("GET", "http://far.example/x?y=1")).body
        #expect(body == Array("by proxy".utf8))
        #expect(proxy.requests.map(\.target) == ["http://far.example/x?y=1"])
        await client.shutdown()
    }

    @Test func encryptedRequestsGoThroughATunnel() async throws {
        let certificates = try await Certificates()
        let nginx = try await Nginx.start(.init(certificates: certificates))
        try Data("whole".utf8).write(to: URL(filePath: nginx.root + "/file"))
        let proxy = try ScriptedHTTPServer { _ in
            [.send("HTTP/1.1 200 Connection established\r\nX-Proxy: 1\r\n\r\n"), .tunnel(port: nginx.port)]
        }
        defer { proxy.stop() }
        let trust = TLSConfiguration.Trust.file(certificates.authority)
        let client = HTTPClient(
            .init(tls: .init(trust: trust), proxy: .url("http://user:secret@127.0.0.1:\(proxy.port)")))
        let (head, body) = try await client.execute(HTTPRequest("GET", nginx.url("file")))
        #expect(body == Array("whole".utf8))
        #expect(head.headers["X-Proxy"] == nil)
        #expect(proxy.requests.map(\.method) == ["CONNECT"])
        #expect(proxy.requests.first?["Proxy-Authorization"] == "Basic dXNlcjpzZWNyZXQ=")
        await client.shutdown()
    }

    @Test func aProxyThatRefusesIsNamed() async throws {
        let proxy = try ScriptedHTTPServer { _ in [.respond(407, headers: ["Proxy-Authenticate: Basic"])] }
        defer { proxy.stop() }
        let client = HTTPClient(.init(proxy: .url("http://user:secret@127.0.0.1:\(proxy.port)")))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("GET", "https://far.example/x"))
        }
        #expect(error?.reason == .proxy("the proxy answered 407 to CONNECT"))
        #expect(error?.nothingSent == true)
        #expect("\(String(describing: error))".contains("secret") == false)
        await client.shutdown()
    }

    @Test func aUnixSocketReplacesTheHost() async throws {
        let folder = try TemporaryFolder("socket")
        var options = Nginx.Options()
        options.directives = ["listen unix:\(folder["s"]);"]
        let nginx = try await Nginx.start(options)
        try Data("whole".utf8).write(to: URL(filePath: nginx.root + "/file"))
        let client = HTTPClient(.init(proxy: .url("http://127.0.0.1:1"), unixSocket: folder["s"]))
        #expect(try await client.execute(HTTPRequest("GET", "http://runtime/file")).body == Array("whole".utf8))
        await client.shutdown()
    }
}
