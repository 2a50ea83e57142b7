import HTTPTransport
import TestSupport
import Testing

/// What a server or the network does wrong, and the reason it comes out as.
@Suite struct FaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [ScriptedHTTPServer.Step]
        var isReason: @Sendable (TransportError.Reason) -> Bool

        init(
            _ name: String, _ steps: [ScriptedHTTPServer.Step],
            _ isReason: @escaping @Sendable (TransportError.Reason) -> Bool
        ) {
            testDescription = name
            self.steps = steps
            self.isReason = isReason
        }
    }

    static let faults: [Fault] = [
        Fault("truncated by an orderly close", [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .close]) {
            if case .bodyLength = $0 { true } else { false }
        },
        Fault(
            "reset in mid-body",
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .delay(.milliseconds(20)), .reset]
        ) {
            if case .connectionLost = $0 { true } else { false }
        },
        Fault("chunks cut off", [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"), .close]) {
            if case .bodyLength = $0 { true } else { false }
        },
        Fault(
            "last chunk missing", [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), .close]
        ) {
            if case .bodyLength = $0 { true } else { false }
        },
        Fault(
            "a chunk size that is no number",
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), .close]
        ) {
            if case .malformedResponse = $0 { true } else { false }
        },
        Fault("half a head", [.send("HTTP/1.1 200 OK\r\nContent-Le"), .close]) {
            if case .connectionLost = $0 { true } else if case .malformedResponse = $0 { true } else { false }
        },
        Fault("nothing at all", [.close]) { if case .connectionLost = $0 { true } else { false } },
        Fault("reset at once", [.reset]) { if case .connectionLost = $0 { true } else { false } },
        Fault("garbage", [.send("SSH-2.0-OpenSSH_9.2\r\n"), .close]) {
            if case .malformedResponse = $0 { true } else { false }
        },
        Fault(
            "a head without end", [.send("HTTP/1.1 200 OK\r\n" + String(repeating: "X: y\r\n", count: 5000)), .stall]
        ) {
            if case .malformedResponse = $0 { true } else { false }
        },
        Fault(
            "an endless header line",
            [.send("HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 300_000)), .stall]
        ) {
            if case .malformedResponse = $0 { true } else { false }
        },
        Fault(
            "lengths that contradict each other",
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"), .stall]
        ) {
            if case .malformedResponse = $0 { true } else { false }
        },
        Fault("a length that is no number", [.send("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc"), .stall]) {
            if case .malformedResponse = $0 { true } else { false }
        },
        Fault(
            "gzip announced, not sent",
            [.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!"), .stall]
        ) {
            if case .malformedResponse = $0 { true } else { false }
        },
        Fault("no first byte", [.stall]) { $0 == .timeout("firstByte") },
        Fault("a stalled body", [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .stall]) {
            $0 == .timeout("stall")
        },
        Fault("a stalled head", [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"), .stall]) {
            $0 == .timeout("stall")
        },
        Fault(
            "a body that drips past the total",
            [
                .send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
                .trickle([UInt8](repeating: 1, count: 1000), piece: 10, every: .milliseconds(50)),
            ]
        ) {
            $0 == .timeout("total")
        },
    ]

    @Test(arguments: faults)
    func isReportedAs(fault: Fault) async throws {
        let server = try ScriptedHTTPServer { _ in fault.steps }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(
                HTTPRequest(
                    "GET", server.url + "/x?secret=1",
                    timeouts: .init(
                        firstByte: .milliseconds(400), stall: .milliseconds(400), total: .milliseconds(1200)),
                    coding: .gzip))
        }
        let reason = try #require(error?.reason)
        #expect(fault.isReason(reason), "\(reason)")
        #expect(error?.attempted == "GET \(server.url)/x")
        #expect(error?.nothingSent == false)
        #expect("\(reason)".contains("secret") == false)
        await client.shutdown()
    }

    @Test func bytesBeyondTheAnnouncedLengthAreNotGivenAndNotTakenForTheNextResponse() async throws {
        let server = try ScriptedHTTPServer { request in
            request.sequence == 0
                ? [
                    .send(
                        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
                    )
                ]
                : [.ok("good")]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        #expect(try await client.execute(HTTPRequest("GET", server.url)).body == Array("abc".utf8))
        #expect(try await client.execute(HTTPRequest("GET", server.url)).body == Array("good".utf8))
        #expect(server.connectionCount == 2)
        await client.shutdown()
    }

    @Test func aConnectionClosedWhileIdleIsReplacedUnseen() async throws {
        let server = try ScriptedHTTPServer { request in
            // The second request finds the connection closing under it.
            request.connection == 0 && request.onConnection == 1 ? [.reset] : [.ok("ok")]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        for body in [HTTPRequestBody.none, .bytes(Array(repeating: 7, count: 100_000))] {
            let answer = try await client.execute(HTTPRequest("PUT", server.url, body: body))
            #expect(answer.head.status == 200)
        }
        #expect(server.requests.map(\.body.count) == [0, 100_000, 100_000])
        #expect(server.connectionCount == 2)
        await client.shutdown()
    }

    @Test func nothingSentIsToldOfARefusedConnection() async throws {
        let server = try ScriptedHTTPServer { _ in [] }
        server.stop()
        let client = HTTPClient(.init(proxy: .none))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("GET", "http://127.0.0.1:1/"))
        }
        #expect(error?.reason == .connect)
        #expect(error?.nothingSent == true)
        #expect(error?.isTransient == true)
        await client.shutdown()
    }

    @Test func anUnknownNameIsANameResolutionError() async throws {
        let client = HTTPClient(.init(proxy: .none))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("GET", "http://no-such-host.invalid/"))
        }
        #expect(error?.reason == .nameResolution)
        #expect(error?.nothingSent == true)
        await client.shutdown()
    }

    @Test func anInformationalResponseBeforeTheFinalOneIsSkipped() async throws {
        let server = try ScriptedHTTPServer { _ in
            [.send("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"), .delay(.milliseconds(30)), .ok("late")]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let (head, body) = try await client.execute(HTTPRequest("GET", server.url))
        #expect(head.status == 200)
        #expect(head.headers["Link"] == nil)
        #expect(body == Array("late".utf8))
        await client.shutdown()
    }

    @Test func trailersAreNoPartOfTheHead() async throws {
        let server = try ScriptedHTTPServer { _ in
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")]
        }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let (head, body) = try await client.execute(HTTPRequest("GET", server.url))
        #expect(body == Array("abc".utf8))
        #expect(head.headers["X-Sum"] == nil)
        #expect(head.trailers == ["X-Sum": "1"])
        await client.shutdown()
    }

    @Test func redirectsAreTheCallersBusiness() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(302, headers: ["Location: /elsewhere"])] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let head = try await client.execute(HTTPRequest("GET", server.url, headers: ["Authorization": "Bearer x"])).head
        #expect(head.status == 302)
        #expect(server.requests.count == 1)
        await client.shutdown()
    }

    @Test func aBodyBeyondTheLimitIsRefused() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(200, body: [UInt8](repeating: 0, count: 100_000))] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("GET", server.url), upTo: 99_999)
        }
        #expect(error?.reason == .tooLarge(limit: 99_999))
        #expect(try await client.execute(HTTPRequest("GET", server.url), upTo: 100_000).body.count == 100_000)
        await client.shutdown()
    }
}
