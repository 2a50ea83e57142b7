import HTTPTransport
import Synchronization
import TestSupport
import Testing

/// Backpressure, cancellation and the client's end.
@Suite struct FlowTests {
    static let content = seededBytes(4 << 20)

    @Test func aPausedSinkHoldsTheServerBackWithoutStalling() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(200, body: Self.content)] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let paused = Mutex(false)
        let sink = ProbeSink { count in
            guard count > 1 << 20, paused.withLock({ !$0 }) else { return .proceed }
            paused.withLock { $0 = true }
            return .pause
        }
        async let head = client.execute(HTTPRequest("GET", server.url), into: sink)
        try await eventually("the sink holds") { sink.state.withLock { $0.holds } }
        let writes = sink.state.withLock { $0.writes }
        // The client has gone about its business meanwhile. (That held time is no stall, StallCreditTests show.)
        try await client.execute(HTTPRequest("GET", server.url))
        #expect(sink.state.withLock { $0.writes } == writes)
        sink.resume()
        #expect(try await head.status == 200)
        #expect(sink.state.withLock { $0.bytes } == Self.content)
        await client.shutdown()
    }

    @Test func aSinkMayStopInsteadOfGoingOn() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(200, body: Self.content)] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let steps = Mutex<[HTTPSinkStep]>([.pause, .stop("full")])
        let sink = ProbeSink { _ in steps.withLock { $0.removeFirst() } }
        let task = Task { try await client.execute(HTTPRequest("GET", server.url), into: sink) }
        try await eventually("the sink holds") { sink.state.withLock { $0.holds } }
        sink.resume()
        let error = await #expect(throws: TransportError.self) { try await task.value }
        #expect(error?.reason == .bodySink("full"))
        await client.shutdown()
    }

    @Test func aSinkThatStopsEndsTheExchangeAndItsConnection() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(200, body: Self.content)] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(
                HTTPRequest("GET", server.url), into: ProbeSink { $0 > 100_000 ? .stop("full") : .proceed })
        }
        #expect(error?.reason == .bodySink("full"))
        try await eventually("the connection is closed") { server.openConnectionCount == 0 }
        await client.shutdown()
    }

    @Test func cancellingEndsTheTransferAtOnce() async throws {
        let server = try ScriptedHTTPServer { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .stall] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let sink = ProbeSink()
        let task = Task { try await client.execute(HTTPRequest("GET", server.url), into: sink) }
        try await eventually("the first bytes are there") { sink.state.withLock { $0.bytes.count } == 3 }
        task.cancel()
        let error = await #expect(throws: TransportError.self) { try await task.value }
        #expect(error?.reason == .cancelled)
        try await eventually("the connection is closed") { server.openConnectionCount == 0 }
        await client.shutdown()
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none))
        let gate = Task {
            try? await Task.sleep(for: .seconds(60))
            return try await client.execute(HTTPRequest("GET", server.url)).head
        }
        gate.cancel()
        let error = await #expect(throws: TransportError.self) { try await gate.value }
        #expect(error?.reason == .cancelled)
        #expect(error?.nothingSent == true)
        #expect(server.requests.isEmpty)
        await client.shutdown()
    }

    @Test func requestsBeyondTheLimitWaitWithoutTheirClockRunning() async throws {
        let server = try ScriptedHTTPServer { _ in [.delay(.milliseconds(150)), .ok("")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none, maximumConnections: 8, maximumConnectionsPerHost: 2))
        let timeouts = HTTPTimeouts(
            connect: .milliseconds(400), firstByte: .milliseconds(400), total: .milliseconds(400))
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await client.execute(HTTPRequest("GET", server.url, timeouts: timeouts)).head.status
                }
            }
            for try await status in group { #expect(status == 200) }
        }
        #expect(server.connectionCount == 2)
        await client.shutdown()
    }

    @Test func aWaitingRequestCanBeCancelled() async throws {
        let gate = ScriptedHTTPServer.Gate()
        let server = try ScriptedHTTPServer { _ in [.wait(gate), .ok("")] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none, maximumConnectionsPerHost: 1))
        let first = Task { try await client.execute(HTTPRequest("GET", server.url)).head.status }
        try await eventually("the requests have arrived") { server.requests.count == 1 }
        let second = Task { try await client.execute(HTTPRequest("GET", server.url)).head.status }
        second.cancel()
        let error = await #expect(throws: TransportError.self) { try await second.value }
        #expect(error?.reason == .cancelled)
        #expect(error?.nothingSent == true)
        gate.open()
        #expect(try await first.value == 200)
        #expect(server.requests.count == 1)
        await client.shutdown()
    }

    @Test func shutdownEndsEverythingAndComesBackAtOnceWhenRepeated() async throws {
        let server = try ScriptedHTTPServer { _ in [.stall] }
        defer { server.stop() }
        let client = HTTPClient(.init(proxy: .none, maximumConnectionsPerHost: 4))
        let tasks = (0..<10).map { _ in Task { try await client.execute(HTTPRequest("GET", server.url)).head } }
        try await eventually("the requests have arrived") { server.requests.count == 4 }
        await client.shutdown()
        for task in tasks {
            let error = await #expect(throws: TransportError.self) { try await task.value }
            #expect(error?.reason == .clientClosed)
        }
        try await eventually("the connection is closed") { server.openConnectionCount == 0 }
        await client.shutdown()
        let late = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("GET", server.url))
        }
        #expect(late?.reason == .clientClosed)
        #expect(late?.nothingSent == true)
    }

    @Test func aClientNeverUsedShutsDown() async throws {
        let client = HTTPClient()
        await client.shutdown()
        let late = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("GET", "http://127.0.0.1:1/"))
        }
        #expect(late?.reason == .clientClosed)
    }
}
