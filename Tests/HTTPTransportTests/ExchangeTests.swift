import HTTPTransport
import TestSupport
import Testing

/// Plain exchanges with a real server.
@Suite struct ExchangeTests {
    @Test func aBodyArrivesWithItsHead() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("hello", headers: ["ETag: \"1\""])] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let (head, body) = try await client.execute(HTTPRequest("GET", server.url + "/a/../b%2F?x=1"))
        #expect(head.status == 200)
        #expect(head.version == "1.1")
        #expect(head.headers["etag"] == "\"1\"")
        #expect(body == Array("hello".utf8))
        #expect(server.requests.map(\.target) == ["/a/../b%2F?x=1"])
        await client.shutdown()
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func aBodyInMemoryIsSentWithItsLength(method: String) async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(204)] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        try await client.execute(HTTPRequest(method, server.url, body: .bytes([1, 2, 3])))
        let request = try #require(server.requests.first)
        #expect(request.method == method)
        #expect(request.body == [1, 2, 3])
        #expect(request["Content-Length"] == "3")
        #expect(request["Expect"] == nil)
        #expect(request["Content-Type"] == nil)
        #expect(request["Accept-Encoding"] == nil)
        await client.shutdown()
    }
}
