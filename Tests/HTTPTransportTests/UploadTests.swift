import HTTPTransport
import Synchronization
import TestSupport
import Testing

/// Request bodies from sources.
@Suite struct UploadTests {
    static let content = seededBytes(3 << 20)

    @Test(arguments: [true, false])
    func aSourceIsSentWithItsLengthOrInChunks(hasLength: Bool) async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("stored")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let source = ProbeSource(Self.content, length: hasLength ? Int64(Self.content.count) : nil)
        try await client.execute(HTTPRequest("PUT", server.url, body: .source(source)))
        let request = try #require(server.requests.first)
        #expect(request.body == Self.content)
        #expect(request["Content-Length"] == (hasLength ? String(Self.content.count) : nil))
        #expect(request["Transfer-Encoding"] == (hasLength ? nil : "chunked"))
        #expect(request["Expect"] == "100-continue")
        await client.shutdown()
    }

    @Test func aServerThatNeverSaysContinueGetsTheBodyAllTheSame() async throws {
        let server = try ScriptedHTTPServer(readsBodies: false) { _ in [.readBody, .ok("stored")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let source = ProbeSource(Self.content, length: Int64(Self.content.count))
        #expect(try await client.execute(HTTPRequest("PUT", server.url, body: .source(source))).head.status == 200)
        await client.shutdown()
    }

    @Test func aRefusalBeforeContinueSparesTheBody() async throws {
        let server = try ScriptedHTTPServer(readsBodies: false) { _ in [.respond(403, body: Array("no".utf8))] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let source = ProbeSource(Self.content, length: Int64(Self.content.count))
        let (head, body) = try await client.execute(HTTPRequest("PUT", server.url, body: .source(source)))
        #expect(head.status == 403)
        #expect(body == Array("no".utf8))
        #expect(source.state.withLock { $0.position } == 0)
        await client.shutdown()
    }

    @Test func aServerThatKnowsNoExpectIsAskedWithoutIt() async throws {
        let server = try ScriptedHTTPServer(readsBodies: false) { request in
            request["Expect"] == nil
                ? [.readBody, .ok("stored")] : [.respond(417, body: Array("no Expect here".utf8)), .close]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let source = ProbeSource(Self.content, length: Int64(Self.content.count))
        let (head, _) = try await client.execute(HTTPRequest("PUT", server.url, body: .source(source)))
        #expect(head.status == 200)
        #expect(server.requests.count == 2)
        await client.shutdown()
    }

    @Test func aPausedSourceDoesNotStallAndGoesOnWhenResumed() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("stored")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let source = ProbeSource([1], length: nil, ends: false)
        async let answer = client.execute(HTTPRequest("POST", server.url, body: .source(source)))
        try await eventually("the source waits") { source.isWaiting }
        // The client has gone about its business meanwhile. (That held time is no stall, StallCreditTests show.)
        try await client.execute(HTTPRequest("GET", server.url))
        source.give([2], ends: false)
        try await eventually("the source waits") { source.isWaiting }
        source.give([3], ends: true)
        #expect(try await answer.head.status == 200)
        #expect(server.requests.first { $0.method == "POST" }?.body == [1, 2, 3])
        await client.shutdown()
    }

    @Test(arguments: [
        (ProbeSource([1, 2, 3], length: 5), "gave 3 of the announced 5 bytes"),
        (ProbeSource([1, 2, 3], length: 2), "gave more than the announced 2 bytes"),
    ])
    func aSourceThatBreaksItsWordEndsTheExchange(source: ProbeSource, why: String) async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("stored")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("PUT", server.url, body: .source(source)))
        }
        #expect(error?.reason == .bodySource(why))
        await client.shutdown()
    }

    @Test func aFailingSourceEndsTheExchange() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("stored")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let source = ProbeSource([], length: 10)
        source.state.withLock { $0.failure = "the file has changed" }
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("PUT", server.url, body: .source(source)))
        }
        #expect(error?.reason == .bodySource("the file has changed"))
        await client.shutdown()
    }

    @Test(arguments: [true, false])
    func aSourceIsRewoundForAFreshConnectionOrTheExchangeFails(canRewind: Bool) async throws {
        let server = try ScriptedHTTPServer { $0.connection == 0 && $0.onConnection == 1 ? [.reset] : [.ok("ok")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        try await client.execute(HTTPRequest("GET", server.url))
        let source = ProbeSource([1, 2, 3], length: 3, canRewind: canRewind)
        let request = HTTPRequest("PUT", server.url, body: .source(source))
        if canRewind {
            #expect(try await client.execute(request).head.status == 200)
            #expect(server.requests.last?.body == [1, 2, 3])
        } else {
            let error = await #expect(throws: TransportError.self) { try await client.execute(request) }
            #expect(error?.reason == .bodySource("the body cannot be sent a second time"))
        }
        #expect(source.state.withLock { $0.rewinds } == 1)
        await client.shutdown()
    }

    @Test func anUploadNobodyReadsStalls() async throws {
        let server = try ScriptedHTTPServer(readsBodies: false) { _ in [.wait(.init())] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let body = [UInt8](repeating: 0, count: 32 << 20)
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(
                HTTPRequest(
                    "PUT", server.url, headers: ["Expect": ""], body: .bytes(body),
                    timeouts: .init(stall: .milliseconds(300))))
        }
        #expect(error?.reason == .timeout("stall"))
        await client.shutdown()
    }
}
