import Foundation
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

    @Test func aCompressedBodyIsUnpackedWhereAskedFor() async throws {
        let folder = try TemporaryFolder("gzip")
        let text = Array(String(repeating: "abc", count: 100_000).utf8)
        try folder.write(text, to: "text")
        try await output("/bin/gzip", ["-k", folder["text"]])
        let packed = Array(try Data(contentsOf: URL(filePath: folder["text.gz"])))
        let server = try ScriptedHTTPServer { request in
            request["Accept-Encoding"] == "gzip"
                ? [.respond(200, headers: ["Content-Encoding: gzip"], body: packed)] : [.respond(200, body: text)]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        for coding in [HTTPRequest.ContentCoding.gzip, .identity, .gzip] {
            #expect(try await client.execute(HTTPRequest("GET", server.url, coding: coding)).body == text)
        }
        await client.shutdown()
    }

    @Test func aHeadResponseHasItsLengthAndNoBody() async throws {
        let server = try ScriptedHTTPServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        for _ in 0..<2 {
            let (head, body) = try await client.execute(HTTPRequest("HEAD", server.url))
            #expect(head.headers["Content-Length"] == "1000")
            #expect(body.isEmpty)
        }
        #expect(server.connectionCount == 1)
        await client.shutdown()
    }

    @Test func nothingOfARequestStaysForTheNext() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let url = server.url
        try await client.execute(HTTPRequest("POST", url, headers: ["A": "1"], body: .bytes([1, 2]), coding: .gzip))
        try await client.execute(HTTPRequest("HEAD", url))
        try await client.execute(HTTPRequest("GET", url))
        let requests = server.requests
        #expect(requests.map(\.method) == ["POST", "HEAD", "GET"])
        #expect(requests[2]["A"] == nil)
        #expect(requests[2]["Content-Length"] == nil)
        #expect(requests[2]["Accept-Encoding"] == nil)
        #expect(server.connectionCount == 1)
        await client.shutdown()
    }
}
