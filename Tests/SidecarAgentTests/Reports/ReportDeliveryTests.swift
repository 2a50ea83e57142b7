import Basics
import Foundation
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import SidecarAgent

@Suite struct ReportDeliveryTests {
    /// Remembers as a journal does.
    final class MemoryLog: ReportLog {
        let reports: [StateReport]
        private let acknowledged = Mutex<[String: Int64]>([:])

        init(_ reports: [StateReport] = []) { self.reports = reports }

        func unacknowledged(by destination: String) -> [StateReport] {
            reports.filter { $0.sequence > through(destination) }
        }
        func acknowledge(through sequence: Int64, by destination: String) {
            acknowledged.withLock { $0[destination] = sequence }
        }
        func through(_ destination: String) -> Int64 { acknowledged.withLock { $0[destination] ?? 0 } }
    }

    static let pod = PodIdentity(name: "step-1", namespace: "team", uid: "u-1")
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func target(_ to: String, _ change: (inout StateTargetConfiguration) -> Void = { _ in })
        -> StateTargetConfiguration
    {
        var target = StateTargetConfiguration()
        target.to = to
        change(&target)
        return target
    }

    static func sink(_ courier: any ReportCourier, _ log: any ReportLog, metrics: AgentMetrics? = nil) -> ReportDelivery
    {
        ReportDelivery(
            courier, key: courier.destination, log: log, logger: quiet, metrics: metrics, random: { 0.01 })
    }

    /// Runs the sink, gives it the reports and waits until all are delivered or given up.
    static func deliver(_ reports: [StateReport], through sink: any ReportSink, flush: Bool = true) async {
        await withTaskGroup { group in
            group.addTask { await sink.run() }
            for report in reports { sink.report(report) }
            if flush { await sink.flush() }
            group.cancelAll()
        }
    }

    static func courier(_ target: StateTargetConfiguration) -> HTTPCourier {
        HTTPCourier(target, url: target.to, pod: pod)
    }

    static func sequences(_ server: ScriptedHTTPServer) throws -> [Int] {
        try server.requests.map { request in
            let event = try #require(try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
            return try #require((event["data"] as? [String: Any])?["sequence"] as? Int)
        }
    }

    @Test func `a report is a CloudEvent to the letter`() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("")] }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let token = try folder.write("t0ken\n", to: "token")
        let target = Self.target("\(server.url)/steps/step-1?key=secret") { target in
            target.tokenFile = token
            target.headers = ["X-Team": "blue"]
        }
        let failed = StateReport(
            StateChange(
                "ERROR", previous: "RUNNING", terminal: true,
                cause: FailureCause(.error, container: .main, reason: "Error", message: "say \"hi\"", exitCode: 3)),
            epoch: "e1", sequence: 4, time: UnixTime(milliseconds: 1_795_232_700_007))
        let log = MemoryLog()
        await Self.deliver([failed], through: Self.sink(Self.courier(target), log))
        let request = try #require(server.requests.first)
        #expect(request.method == "POST")
        #expect(request["Content-Type"] == "application/cloudevents+json")
        #expect(request["Authorization"] == "Bearer t0ken")
        #expect(request["X-Team"] == "blue")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == #"{"specversion":"1.0","id":"u-1/e1/4","source":"/namespaces/team/pods/step-1","#
                + #""type":"cloud.k-pipe.sidecar.state.v1","time":"2026-11-21T03:45:00.007Z","#
                + #""datacontenttype":"application/json","data":{"state":"ERROR","previous":"RUNNING","terminal":true,"#
                + #""reason":"Error","message":"say \"hi\"","exitCode":3,"container":"main","epoch":"e1","sequence":4,"#
                + #""time":"2026-11-21T03:45:00.007Z"}}"#)
        #expect(log.through("\(server.url)/steps/step-1") == 4)
    }

    @Test func `the binary mode puts attributes into headers`() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("")] }
        defer { server.stop() }
        await Self.deliver(
            [OutboxTests.report(1)],
            through: Self.sink(Self.courier(Self.target(server.url) { $0.mode = .binary }), MemoryLog()))
        let request = try #require(server.requests.first)
        #expect(request["ce-id"] == "u-1/e/1")
        #expect(request["ce-type"] == "cloud.k-pipe.sidecar.state.v1")
        #expect(request["ce-specversion"] == "1.0")
        #expect(request["Content-Type"] == "application/json")
        #expect(String(decoding: request.body, as: UTF8.self).hasPrefix(#"{"state":"custom","previous":"P""#))
    }

    /// Each troubles the first report three times; all arrive in order then.
    static let troubles: [(name: String, steps: [ScriptedHTTPServer.Step])] = [
        ("500", [.respond(500)]), ("429", [.respond(429, headers: ["Retry-After: 0"])]), ("reset", [.reset]),
        ("stall", [.stall]), ("cut", [.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), .close]),
    ]

    @Test(arguments: troubles.map(\.name))
    func `a backend in trouble loses nothing and mixes nothing up`(name: String) async throws {
        let trouble = try #require(Self.troubles.first { $0.name == name }).steps
        let server = try ScriptedHTTPServer { $0.sequence < 3 ? trouble : [.ok("")] }
        defer { server.stop() }
        // Only what never answers is given up by the clock; a machine that is busy then gives up good answers, too.
        let target = Self.target(server.url) { if name == "stall" { $0.timeout = .milliseconds(200) } }
        let reports = (1...5).map { OutboxTests.report(Int64($0), terminal: $0 == 5) }
        let log = MemoryLog()
        await Self.deliver(reports, through: Self.sink(Self.courier(target), log))
        let sequences = try Self.sequences(server)
        if name == "stall" {
            #expect(sequences.count { $0 == 1 } >= 4)
            #expect(sequences == sequences.sorted() && Set(sequences) == Set(1...5), "\(sequences)")
        } else {
            #expect(sequences == [1, 1, 1, 1, 2, 3, 4, 5])
        }
        #expect(log.through(server.url) == 5 || log.through(server.url + "/") == 5)
    }

    /// Each is the answer's body, or what there is of it.
    @Test(arguments: ["Content-Length: 9000000\r\n\r\n", "Content-Length: 9\r\n\r\nabc"], [1 << 20, 0])
    func `an answer without an end is an answer`(head: String, bytes: Int) async throws {
        let server = try ScriptedHTTPServer { _ in
            [.send("HTTP/1.1 202 Accepted\r\n\(head)\(String(repeating: "x", count: bytes))"), .stall]
        }
        defer { server.stop() }
        let target = Self.target(server.url) { $0.timeout = .milliseconds(300) }
        await Self.deliver(
            [OutboxTests.report(1), OutboxTests.report(2)], through: Self.sink(Self.courier(target), MemoryLog()))
        #expect(try Self.sequences(server) == [1, 2])
    }

    @Test func `a refusal is passed over, counted, and insisted on where it is the last word`() async throws {
        let tries = Mutex(0)
        let server = try ScriptedHTTPServer { request in
            let text = String(decoding: request.body, as: UTF8.self)
            guard text.contains("terminal\":true") else {
                return [.respond(text.contains(#""sequence":2"#) ? 400 : 200)]
            }
            let count = tries.withLock { count in
                count += 1
                return count
            }
            return [.respond([400, 401, 403, 404, 307, 422, 410, 405, 200][min(count, 9) - 1])]
        }
        defer { server.stop() }
        let reports = (1...4).map { OutboxTests.report(Int64($0), terminal: $0 == 4) }
        let registry = MetricRegistry()
        let status = StatusBoard(AgentStatus(phase: .running, report: nil, attempt: 1, epoch: "e"))
        await Self.deliver(
            reports,
            through: Self.sink(
                Self.courier(Self.target(server.url)), MemoryLog(), metrics: AgentMetrics(registry, status: status)))
        #expect(try Self.sequences(server) == [1, 2, 3] + [Int](repeating: 4, count: 9))
        let text = String(decoding: registry.exposition(), as: UTF8.self)
        #expect(text.contains(#"result="delivered"} 3"#))
        #expect(text.contains(#"result="refused"} 8"#))
    }

    @Test func `what an earlier life left undelivered goes first`() async throws {
        let server = try ScriptedHTTPServer { _ in [.ok("")] }
        defer { server.stop() }
        let log = MemoryLog([OutboxTests.report(1), OutboxTests.report(2)])
        log.acknowledge(through: 1, by: server.url)
        log.acknowledge(through: 1, by: server.url + "/")
        await Self.deliver(
            [OutboxTests.report(2), OutboxTests.report(3)],
            through: Self.sink(Self.courier(Self.target(server.url)), log))
        #expect(try Self.sequences(server) == [2, 3])
    }

    @Test func `flushing a dead backend ends when it is cancelled`() async throws {
        let sink = Self.sink(Self.courier(Self.target("http://127.0.0.1:1/")), MemoryLog())
        await withTaskGroup { group in
            group.addTask { await sink.run() }
            sink.report(OutboxTests.report(1, terminal: true))
            let flush = Task { await sink.flush() }
            flush.cancel()
            await flush.value
            group.cancelAll()
        }
    }

    @Test func `a file gets one event on a line, after what is there`() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("{\"earlier\":true}\n", to: "states.jsonl")
        let reports = (1...3).map { OutboxTests.report(Int64($0), terminal: $0 == 3) }
        let log = MemoryLog()
        await Self.deliver(reports, through: Self.sink(FileCourier(path: path, pod: Self.pod), log))
        let lines = try folder.text("states.jsonl").split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines.first == "{\"earlier\":true}")
        #expect(lines[3] == Substring(CloudEvent(report: reports[2], pod: Self.pod).structured.text))
        #expect(log.through("file://\(path)") == 3)
    }

    @Test func `a file that cannot be written is tried again`() async throws {
        let folder = try TemporaryFolder()
        let courier = FileCourier(path: folder["missing/states.jsonl"], pod: Self.pod)
        #expect(await courier.deliver(OutboxTests.report(1)).word == "failed")
        _ = try folder.makeFolder("missing")
        #expect(await courier.deliver(OutboxTests.report(1)) == .delivered)
    }

    @Test func `destinations are told apart and shown without credentials`() async throws {
        let targets = ["https://user:pw@h/x?key=1", "https://user:pw@h/x?key=2", "/tmp/f"].map { Self.target($0) }
        let log = MemoryLog()
        let sinks = ReportSinks.make(targets, pod: Self.pod, log: log, logger: Self.quiet)
        #expect(sinks.count == 3)
        #expect(Self.courier(targets[0]).destination == "https://h/x")
    }
}
