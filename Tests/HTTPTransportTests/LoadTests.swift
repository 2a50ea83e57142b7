import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

/// Many exchanges at once, each test in a process of its own, because it counts that process' open files.
@Suite struct LoadTests {
    @Test func thousandsOfRequestsWithRandomCancellationsLeakNothing() async {
        await #expect(processExitsWith: .success) {
            let content = seededBytes(40_000)
            let server = try ScriptedHTTPServer { request in
                let answer = ScriptedHTTPServer.Step.respond(200, body: content)
                return request.sequence % 7 == 3 ? [.delay(.milliseconds(5)), answer] : [answer]
            }
            let files = try Load.openFiles()
            let client = HTTPClient(.init(proxy: .none, maximumConnectionsPerHost: 32))
            var generator = SeededGenerator(seed: 7)
            var whole = 0
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2000 {
                    if number >= 64, try await group.next() == true { whole += 1 }
                    let isCancelled = Int.random(in: 0..<4, using: &generator) == 0
                    let delay = Duration.microseconds(Int.random(in: 0..<4000, using: &generator))
                    group.addTask {
                        try await Load.request(client, server.url, content, cancelAfter: isCancelled ? delay : nil)
                    }
                }
                for try await isWhole in group where isWhole { whole += 1 }
            }
            #expect(whole >= 1400 && whole < 2000)
            await client.shutdown()
            #expect(Load.live.load(ordering: .relaxed) == 0)
            try await eventually("the server sees every connection closed") { server.openConnectionCount == 0 }
            let after = try Load.openFiles()
            #expect(after.sockets == files.sockets)
            server.stop()
        }
    }

    @Test func shutdownWhileBusyEndsEverything() async {
        await #expect(processExitsWith: .success) {
            let content = seededBytes(200_000)
            let server = try ScriptedHTTPServer { request in
                request.sequence < 100
                    ? [.respond(200, body: content)]
                    : [
                        .bytes(
                            Array("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n".utf8) + content.prefix(100_000)),
                        .stall,
                    ]
            }
            let files = try Load.openFiles()
            let client = HTTPClient(.init(proxy: .none, maximumConnectionsPerHost: 16))
            let closed = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<500 {
                    group.addTask {
                        do {
                            try await client.execute(HTTPRequest("GET", server.url))
                            Load.done.add(1, ordering: .relaxed)
                            return false
                        } catch let error as TransportError {
                            #expect(error.reason == .clientClosed)
                            return true
                        }
                    }
                }
                try await eventually("some are through, some under way, many waiting") {
                    Load.done.load(ordering: .relaxed) == 100 && server.requests.count == 116
                }
                await client.shutdown()
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(closed == 400)
            try await eventually("every connection is closed") { server.openConnectionCount == 0 }
            let after = try Load.openFiles()
            #expect(after.sockets == files.sockets)
            server.stop()
        }
    }

    @Test func anIdleClientNeverWakes() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedHTTPServer { _ in [.ok("x")] }
            let client = HTTPClient(.init(proxy: .none))
            try await client.execute(HTTPRequest("GET", server.url, timeouts: .init(firstByte: .milliseconds(100))))
            var before = try Load.clientThread()
            try await eventually("the client's thread has come to rest") {
                let now = try Load.clientThread()
                defer { before = now }
                return now == before && now.isAsleep
            }
            // What there is to see is that nothing happens.
            try await Task.sleep(for: .milliseconds(500))
            #expect(try Load.clientThread() == before)
            await client.shutdown()
            server.stop()
        }
    }

    @Test func clientsComeAndGoWithoutLeavingFilesOpen() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedHTTPServer { _ in [.ok("x")] }
            let files = try Load.openFiles()
            for round in 0..<50 {
                let client = HTTPClient(.init(proxy: .none))
                try await client.execute(HTTPRequest("GET", server.url))
                // Half of them are only dropped.
                if round % 2 == 0 { await client.shutdown() }
            }
            try await eventually("everything is closed") {
                let now = try Load.openFiles()
                return server.openConnectionCount == 0 && now.sockets == files.sockets && now.others < files.others + 10
            }
            server.stop()
        }
    }
}

private enum Load {
    /// Sinks that exist.
    static let live = Atomic<Int>(0)
    /// Requests that were answered.
    static let done = Atomic<Int>(0)

    /// Open files of this process: sockets, and the others, among them the few that the runtime opens for its timers.
    static func openFiles() throws -> (sockets: Int, others: Int) {
        let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { number in
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
        }
        let sockets = links.count { $0.hasPrefix("socket:") }
        return (sockets, links.count - sockets)
    }

    /// How often the one thread named `http` has gone to sleep.
    struct ThreadState: Equatable {
        var isAsleep: Bool
        /// How often it has waited for something.
        var waits: Substring
    }

    static func clientThread() throws -> ThreadState {
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").map {
            "/proc/self/task/\($0)"
        }
        let thread = try #require(
            tasks.first { (try? String(contentsOfFile: $0 + "/comm", encoding: .utf8)) == "http\n" })
        let status = try String(contentsOfFile: thread + "/status", encoding: .utf8)
        let lines = status.split(separator: "\n")
        return ThreadState(
            isAsleep: lines.contains { $0.hasPrefix("State:\tS") },
            waits: try #require(lines.first { $0.hasPrefix("voluntary_ctxt_switches") }))
    }

    /// `true` for a whole body, `false` for a cancelled exchange; throws for everything else.
    static func request(_ client: HTTPClient, _ url: String, _ content: [UInt8], cancelAfter delay: Duration?)
        async throws -> Bool
    {
        let task = Task {
            let sink = CountedSink()
            try await client.execute(HTTPRequest("GET", url), into: sink)
            return sink.bytes.withLock { $0 }
        }
        if let delay {
            try await Task.sleep(for: delay)
            task.cancel()
        }
        do {
            #expect(try await task.value == content)
            return true
        } catch let error as TransportError where error.reason == .cancelled {
            return false
        }
    }
}

private final class CountedSink: HTTPBodySink {
    let bytes = Mutex<[UInt8]>([])

    init() { Load.live.add(1, ordering: .relaxed) }
    deinit { Load.live.subtract(1, ordering: .relaxed) }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep { .proceed }

    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep {
        self.bytes.withLock { $0.append(contentsOf: bytes) }
        return .proceed
    }
}
