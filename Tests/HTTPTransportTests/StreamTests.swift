import HTTPTransport
import TestSupport
import Testing

/// Responses read as asynchronous sequences.
@Suite struct StreamTests {
    @Test func chunksAddUpToTheBody() async throws {
        let content = seededBytes(3 << 20)
        let server = try ScriptedHTTPServer { _ in [.respond(200, body: content)] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let (head, body) = try await client.stream(HTTPRequest("GET", server.url), buffer: 64 << 10)
        var received: [UInt8] = []
        for try await chunk in body {
            #expect(chunk.count <= 64 << 10 && !chunk.isEmpty)
            received += chunk
        }
        #expect(head.status == 200)
        #expect(received == content)
        await client.shutdown()
    }

    @Test func eventsArriveWhileTheResponseGoesOn() async throws {
        let gates = (0..<3).map { _ in ScriptedHTTPServer.Gate() }
        let server = try ScriptedHTTPServer { _ in
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
                + gates.enumerated().flatMap { [.wait($1), .send("1\r\n\($0)\r\n")] } + [.send("0\r\n\r\n")]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let body = try await client.stream(HTTPRequest("GET", server.url)).body
        var iterator = body.makeAsyncIterator()
        for (index, gate) in gates.enumerated() {
            gate.open()
            #expect(try await iterator.next() == Array("\(index)".utf8))
        }
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
        await client.shutdown()
    }

    @Test func aSlowReaderHoldsTheServerBack() async throws {
        let server = try ScriptedHTTPServer { request in
            request.target == "/other"
                ? [.ok("x")] : [.respond(200, body: [UInt8](repeating: 1, count: 64 << 20)), .close]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let body = try await client.stream(HTTPRequest("GET", server.url), buffer: 32 << 10).body
        // The client has gone about its business meanwhile. (That held time is no stall, StallCreditTests show.)
        try await client.execute(HTTPRequest("GET", server.url + "/other"))
        // More than the kernel keeps for both sides, so the server cannot be through with it.
        #expect(server.openConnectionCount == 2)
        var count = 0
        for try await chunk in body {
            // What libcurl hands over in one piece, or what the buffer holds.
            #expect(chunk.count <= 64 << 10)
            count += chunk.count
        }
        #expect(count == 64 << 20)
        try await eventually("the server is through") { server.openConnectionCount == 1 }
        await client.shutdown()
    }

    @Test func aFailureComesAfterTheBytesBeforeIt() async throws {
        let server = try ScriptedHTTPServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .close] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        var iterator = try await client.stream(HTTPRequest("GET", server.url)).body.makeAsyncIterator()
        #expect(try await iterator.next() == Array("abc".utf8))
        let error = await #expect(throws: TransportError.self) { try await iterator.next() }
        guard case .bodyLength = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        await client.shutdown()
    }

    @Test func aFailureBeforeTheHeadIsThrownAtOnce() async throws {
        let server = try ScriptedHTTPServer { _ in [.close] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        await #expect(throws: TransportError.self) { try await client.stream(HTTPRequest("GET", server.url)) }
        await client.shutdown()
    }

    @Test func droppingTheStreamClosesTheConnection() async throws {
        let server = try ScriptedHTTPServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .stall] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        do {
            let (head, body) = try await client.stream(HTTPRequest("GET", server.url))
            #expect(head.status == 200)
            _ = body
        }
        try await eventually("the connection is closed") { server.openConnectionCount == 0 }
        await client.shutdown()
    }

    @Test func cancellingTheReaderEndsIt() async throws {
        let server = try ScriptedHTTPServer { _ in [.send("HTTP/1.1 200 OK\r\n\r\n"), .stall] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let body = try await client.stream(HTTPRequest("GET", server.url)).body
        let reader = Task { for try await _ in body {} }
        reader.cancel()
        let error = await #expect(throws: TransportError.self) { try await reader.value }
        #expect(error?.reason == .cancelled)
        try await eventually("the connection is closed") { server.openConnectionCount == 0 }
        await client.shutdown()
    }
}
