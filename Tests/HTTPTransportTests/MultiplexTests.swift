import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

/// HTTP/2 and HTTP/1.1 side by side, to one server.
@Suite struct MultiplexTests {
    @Test(.timeLimit(.minutes(20)))
    func anAnswerUnderWayOverHTTP1HoldsUpNothingOverHTTP2() async throws {
        let setup = try await TLSTests.Setup { $0.http2 = true }
        let content = seededBytes(8 << 20)
        try Data(content).write(to: URL(filePath: setup.nginx.root + "/big"))
        let client = try setup.client(setup.trust)
        let sink = ProbeSink.pausing(after: 1 << 20)
        async let head = client.execute(
            HTTPRequest("GET", setup.nginx.url("big"), timeouts: .init(stall: nil), version: .http1), into: sink)
        try await eventually("the answer is under way") { sink.state.withLock { $0.holds } }

        let other = HTTPRequest(
            "GET", setup.nginx.url("file"), timeouts: .init(firstByte: .seconds(5)), version: .negotiate)
        for _ in 0..<3 { #expect(try await client.execute(other).head.version == "2") }
        try await withThrowingTaskGroup { group in
            for _ in 0..<16 { group.addTask { try await client.execute(other) } }
            for try await answer in group { #expect(answer.head.version == "2" && answer.body == Array("whole".utf8)) }
        }

        sink.resume()
        #expect(try await head.version == "1.1")
        #expect(sink.state.withLock { $0.bytes } == content)
        await client.shutdown()
    }

    /// A server that bids its connections farewell now and then, as API servers do that go away: nothing of what is asked
    /// meanwhile is lost.
    @Test(.timeLimit(.minutes(20)))
    func manyRequestsAtOnceOutliveTheirConnections() async throws {
        let setup = try await TLSTests.Setup {
            $0.http2 = true
            $0.directives += ["keepalive_requests 60;", "http2_max_concurrent_streams 20;"]
        }
        let client = try setup.client(setup.trust)
        let request = HTTPRequest(
            "GET", setup.nginx.url("file"), timeouts: .init(firstByte: .seconds(10)), version: .negotiate)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                if number >= 100 { try await group.next() }
                group.addTask {
                    let answer = try await client.execute(request)
                    #expect(answer.head.version == "2" && answer.body == Array("whole".utf8))
                }
            }
            try await group.waitForAll()
        }
        await client.shutdown()
    }

    @Test(.timeLimit(.minutes(20)))
    func requestsThatComeWhileTheWatchConnectsDoNotWaitForIt() async throws {
        let setup = try await TLSTests.Setup {
            $0.http2 = true
            $0.rate = 64 << 10
        }
        try Data(seededBytes(1 << 20)).write(to: URL(filePath: setup.nginx.root + "/big"))
        let client = try setup.client(setup.trust)
        let watch = Task {
            try await client.execute(HTTPRequest("GET", setup.nginx.url("big"), version: .http1), into: ProbeSink())
        }
        let request = HTTPRequest(
            "GET", setup.nginx.url("file"), timeouts: .init(firstByte: .seconds(5)), version: .negotiate)
        try await withThrowingTaskGroup { group in
            for _ in 0..<16 { group.addTask { try await client.execute(request).head.version } }
            for try await version in group { #expect(version == "2") }
        }
        watch.cancel()
        await #expect(throws: TransportError.self) { try await watch.value }
        await client.shutdown()
    }
}
