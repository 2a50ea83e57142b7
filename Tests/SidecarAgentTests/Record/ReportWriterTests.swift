import Basics
import Logging
import PodRules
import Report
import Synchronization
import TestSupport
import Testing
import WorkdirProtocol

@testable import SidecarAgent
@testable import Transfer

/// A whole agent in this process, whose store is a dictionary.
@Suite struct ReportWriterTests {
    final class Store: StepTransfers {
        private let objects = Mutex<[(url: String, bytes: [UInt8])]>([])
        private let fetching: TransferReport
        private let refuses: @Sendable (String) -> Bool
        private let hangs: @Sendable (String) -> Bool
        private let storesForEver: Bool
        private let hanging = Mutex(0)

        init(
            fetching: TransferReport = TransferReport(), storesForEver: Bool = false,
            hangs: @escaping @Sendable (String) -> Bool = { _ in false },
            refuses: @escaping @Sendable (String) -> Bool = { _ in false }
        ) {
            (self.fetching, self.hangs, self.refuses) = (fetching, hangs, refuses)
            self.storesForEver = storesForEver
        }

        private let over = Mutex<CheckedContinuation<Void, Never>?>(nil)
        func comeBack() { over.withLock { $0.take() }?.resume() }

        /// Requests that nobody answered.
        var waiting: Int { hanging.withLock { $0 } }

        var urls: [String] { objects.withLock { $0.map(\.url) } }

        func record(at url: String) throws -> StepRecord {
            let bytes = objects.withLock { $0.last { $0.url == url }?.bytes }
            return try StepRecord.reading(try #require(bytes)).record
        }

        func fetch(
            _ inputs: [InputRequest], into folder: ConfinedFolder, journal: any TransferJournal,
            onEvent: @escaping TransferEventHandler
        ) async -> TransferReport {
            for failure in fetching.failures { onEvent(.failed(failure)) }
            return fetching
        }

        func store(
            _ outputs: [OutputRequest], from folder: ConfinedFolder, only paths: [String]?,
            deadline: ContinuousClock.Instant?,
            journal: any TransferJournal, onEvent: @escaping TransferEventHandler
        ) async -> TransferReport {
            let file = TransferredFile(path: "result", url: "mem://out/result", size: 42)
            onEvent(.began(path: file.path, url: file.url))
            if storesForEver {
                hanging.withLock { $0 += 1 }
                // A disk that hangs knows nothing of cancellation; it comes back when the agent has left.
                await withCheckedContinuation { release in over.withLock { $0 = release } }
                return TransferReport()
            }
            onEvent(.finished(file))
            var report = TransferReport()
            report.files = [file]
            return report
        }

        func put(_ bytes: [UInt8], to url: String, contentType: String) async throws(TransferError) {
            if hangs(url) {
                hanging.withLock { $0 += 1 }
                try? await Task.sleep(for: .seconds(3600))
                throw TransferError(url, .cancelled, "was cancelled")
            }
            if refuses(url) { throw TransferError(url, .permission, "status 403") }
            objects.withLock { $0.append((url, bytes)) }
        }

        func put(_ manifest: Manifest, of files: FileList, to url: String, _ settings: StoreSettings)
            async throws(TransferError)
        {
            try await put([], to: url, contentType: "application/json")
        }
    }

    private static func agent(
        _ folder: TemporaryFolder, _ store: Store, grace: Duration = .seconds(120), credentials: String = "",
        onEvent: @escaping @Sendable (AgentEvent) -> Void = { _ in }
    ) throws -> SidecarAgent {
        var configuration = AgentConfiguration()
        configuration.workdir = folder.path
        configuration.grace = grace
        var report = ReportConfiguration()
        report.to = "mem://\(credentials)reports/run-7"
        configuration.reports = [report]
        var output = OutputConfiguration()
        (output.from, output.to) = ("**", "mem://\(credentials)out/")
        configuration.outputs = [output]
        try folder.write("#!/bin/true\n", to: ".entrypoint")
        let settings = AgentSettings(
            configuration: configuration,
            pod: PodIdentity(name: "step-1", namespace: "data", uid: "u1", job: "nightly"),
            rules: LifecycleRules(placement: .native, restartPolicy: .never), entrypoint: folder[".entrypoint"])
        return try SidecarAgent(
            settings, transfers: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onEvent: onEvent)
    }

    private static let json = "mem://reports/run-7/report.json"
    private static let html = "mem://reports/run-7/report.html"

    /// Runs the agent until it leaves; `main` plays the other container.
    private static func run(
        _ agent: SidecarAgent, _ folder: TemporaryFolder, main: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run(reportingTo: []) }
            group.addTask {
                try await main()
                agent.terminate()
            }
            try await group.waitForAll()
        }
    }

    private static func play(_ folder: TemporaryFolder, exitCode: Int32, traceparent: String? = nil) async throws {
        try await eventually("ready") { folder.exists(WorkdirPath.ready) }
        let workdir = WorkdirFolder(root: folder.path)
        try workdir.write("OUT> hello\n", to: WorkdirPath.outputLog)
        try workdir.write(
            TryRecord(attempt: 1, epoch: "", phase: .running).text, to: WorkdirPath.attempt)
        try workdir.write("RUNNING\n", to: WorkdirPath.state)
        try workdir.write(
            TryRecord(attempt: 1, epoch: "", phase: .ended, exitCode: exitCode, traceparent: traceparent).text,
            to: WorkdirPath.attempt)
        try workdir.write("1\n", to: WorkdirPath.done)
        try await eventually("verdict") {
            folder.exists(WorkdirPath.stored) || folder.exists(WorkdirPath.failed)
        }
    }

    @Test func `of a step that succeeds the report is stored, and the manifest after it`() async throws {
        let (folder, store) = (try TemporaryFolder(), Store())
        let agent = try Self.agent(folder, store)
        try await Self.run(agent, folder) { try await Self.play(folder, exitCode: 0) }
        #expect(store.urls == [Self.json, Self.html, "mem://out/kpipe-manifest.json"])
        let record = try store.record(at: Self.json)
        #expect(record.outcome?.state == "DONE" && record.outcome?.exitCode == 0)
        #expect(record.step.pod == "step-1" && record.step.job == "nightly" && record.step.uid == "u1")
        #expect(record.outputs.files == 1 && record.outputs.bytes == 42)
        #expect(record.log.lines == ["OUT> hello"])
        #expect(record.attempts.map(\.exitCode) == [0])
        #expect(record.phases.map(\.name).prefix(2) == [.initializing, .ready])
        #expect(record.phases.map(\.name).contains(.storing))
    }

    @Test func `of a step that fails it says so`() async throws {
        let (folder, store) = (try TemporaryFolder(), Store())
        let agent = try Self.agent(folder, store)
        try await Self.run(agent, folder) { try await Self.play(folder, exitCode: 3) }
        let record = try store.record(at: Self.json)
        #expect(
            record.outcome?.state == "ERROR" && record.outcome?.exitCode == 3 && record.outcome?.container == "main")
    }

    @Test func `of a step whose input is missing, and whose main never ran, there is one`() async throws {
        var missing = TransferReport()
        missing.failures = [TransferError("s3://b/words", .notFound, "does not exist")]
        missing.failureCount = 1
        let (folder, store) = (try TemporaryFolder(), Store(fetching: missing))
        let agent = try Self.agent(folder, store)
        try await Self.run(agent, folder) { try await eventually("verdict") { folder.exists(WorkdirPath.failed) } }
        #expect(store.urls == [Self.json, Self.html])
        let record = try store.record(at: Self.json)
        #expect(record.outcome?.reason == "InputMissing" && record.outcome?.exitCode == 66)
        #expect(record.inputs.failed == 1 && record.files.first?.url == "s3://b/words")
        #expect(record.attempts.isEmpty)
    }

    @Test func `of a step of whose main nothing was seen there is one`() async throws {
        let (folder, store) = (try TemporaryFolder(), Store())
        let agent = try Self.agent(folder, store)
        try await Self.run(agent, folder) { try await eventually("ready") { folder.exists(WorkdirPath.ready) } }
        #expect(try store.record(at: Self.json).outcome?.reason == "MainNotSeen")
    }

    @Test func `one that cannot be stored is a warning, and the step as good as it was`() async throws {
        let folder = try TemporaryFolder()
        let store = Store(refuses: { $0.hasPrefix("mem://reports/") })
        let warnings = Mutex<[String]>([])
        let agent = try Self.agent(folder, store) { event in
            if case .warning(let text) = event { warnings.withLock { $0.append(text) } }
        }
        try await Self.run(agent, folder) { try await Self.play(folder, exitCode: 0) }
        #expect(store.urls == ["mem://out/kpipe-manifest.json"])
        #expect(warnings.withLock { $0 }.contains { $0.contains("mem://reports/run-7/report.json: status 403") })
        #expect(agent.status.current.phase == .leaving(.success))
    }

    @Test func `a store that does not answer holds up neither the manifest nor the end`() async throws {
        let (folder, store) = (try TemporaryFolder(), Store(hangs: { $0.hasPrefix("mem://reports/") }))
        let agent = try Self.agent(folder, store, grace: .seconds(600))
        let asked = Mutex<ContinuousClock.Instant?>(nil)
        try await Self.run(agent, folder) {
            try await eventually("ready") { folder.exists(WorkdirPath.ready) }
            try WorkdirFolder(root: folder.path).write("RUNNING\n", to: WorkdirPath.state)
            try WorkdirFolder(root: folder.path).write("1\n", to: WorkdirPath.done)
            // SIGTERM comes while the report is being stored: what is left of the grace is for the manifest.
            try await eventually("report") { store.waiting > 0 }
            asked.withLock { $0 = .now }
        }
        #expect(store.urls == ["mem://out/kpipe-manifest.json"])
        #expect(agent.status.current.phase == .leaving(.success))
        let begin = try #require(asked.withLock { $0 })
        #expect(ContinuousClock.now - begin < .seconds(550))
    }

    @Test func `uploads that do not even stop hold up no terminal report`() async throws {
        let (folder, store) = (try TemporaryFolder(), Store(storesForEver: true))
        let agent = try Self.agent(folder, store, grace: .seconds(3))
        let reports = Collector()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run(reportingTo: [reports]) }
            try await eventually("ready") { folder.exists(WorkdirPath.ready) }
            try WorkdirFolder(root: folder.path).write("RUNNING\n", to: WorkdirPath.state)
            try WorkdirFolder(root: folder.path).write("1\n", to: WorkdirPath.done)
            try await eventually("upload") { store.waiting > 0 }
            agent.terminate()
            try await eventually("report") { reports.all.contains(where: \.terminal) }
            store.comeBack()
            try await group.waitForAll()
        }
        let last = try #require(reports.all.last)
        #expect(last.state == "KILLED" && last.reason == "DeadlineExceeded" && last.exitCode == 74, "\(last)")
    }

    private final class Collector: ReportSink {
        private let reports = Mutex<[StateReport]>([])
        var all: [StateReport] { reports.withLock { $0 } }
        func report(_ report: StateReport) { reports.withLock { $0.append(report) } }
        func run() async {}
        func flush() async {}
    }

    @Test func `no password of a URL is told`() async throws {
        let (folder, store) = (try TemporaryFolder(), Store())
        let told = Mutex<[String]>([])
        let agent = try Self.agent(folder, store, credentials: "u:secret@") { event in
            told.withLock { $0.append("\(event)") }
        }
        try await Self.run(agent, folder) { try await Self.play(folder, exitCode: 0) }
        #expect(store.urls.contains("mem://u:secret@out/kpipe-manifest.json"))
        #expect(told.withLock { $0 }.contains { $0.contains("kpipe-manifest.json") })
        #expect(!told.withLock { $0 }.contains { $0.contains("secret") })
    }

    @Test func `a manifest that cannot be stored changes the report`() async throws {
        let folder = try TemporaryFolder()
        let store = Store(refuses: { $0.hasSuffix("kpipe-manifest.json") })
        let agent = try Self.agent(folder, store)
        try await Self.run(agent, folder) { try await Self.play(folder, exitCode: 0) }
        #expect(store.urls == [Self.json, Self.html, Self.json, Self.html])
        #expect(try store.record(at: Self.json).outcome?.state == "ERROR")
    }

    @Test func `without a place for it nothing is stored`() async throws {
        let (folder, store) = (try TemporaryFolder(), Store())
        var settings = try Self.agent(folder, store).settings
        settings.configuration.reports = []
        let agent = try SidecarAgent(
            settings, transfers: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await Self.run(agent, folder) { try await Self.play(folder, exitCode: 0) }
        #expect(store.urls == ["mem://out/kpipe-manifest.json"])
        // It can be asked for all the same.
        #expect(agent.record.outcome?.state == "DONE")
    }

    @Test(arguments: [true, false])
    func `a collector gets the timeline as spans, once, and nobody where none is named`(isOfMain: Bool) async throws {
        let requests = Mutex<[ScriptedHTTPServer.Request]>([])
        let server = try ScriptedHTTPServer { request in
            requests.withLock { $0.append(request) }
            return [.respond(200)]
        }
        defer { server.stop() }
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let environment = [
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.url, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=a%20b",
            "TRACEPARENT": isOfMain ? "" : trace,
        ]
        let (folder, store) = (try TemporaryFolder(), Store())
        var settings = try Self.agent(folder, store).settings
        settings.traces = TraceExporter(environment: environment)
        let agent = try SidecarAgent(
            settings, transfers: store, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await Self.run(agent, folder) {
            try await Self.play(folder, exitCode: 0, traceparent: isOfMain ? trace : nil)
        }
        let sent = requests.withLock { $0 }
        #expect(sent.map(\.target) == ["/v1/traces"])
        let body = String(decoding: try #require(sent.first).body, as: UTF8.self)
        #expect(body.contains(#""traceId":"4bf92f3577b34da6a3ce929d0e0e4736""#))
        #expect(body.contains(#""parentSpanId":"00f067aa0ba902b7","name":"step""#))
        #expect(body.contains(#"{"key":"kpipe.state","value":{"stringValue":"DONE"}}"#))
        #expect(body.contains(#""name":"main, try 1""#) && body.contains(#""name":"output result""#))
        #expect(
            [[:], ["OTEL_EXPORTER_OTLP_ENDPOINT": ""], ["OTEL_EXPORTER_OTLP_ENDPOINT": "grpc:4317"]].allSatisfy {
                TraceExporter(environment: $0) == nil
            })
    }
}
