import Basics
import Glibc
import HTTPServer
import Report
import Synchronization
import Telemetry
import TestSupport
import Testing
import WorkdirProtocol

@testable import SidecarAgent
@testable import Transfer

@Suite struct StepRecorderTests {
    /// A clock that a test moves.
    final class Hand: Sendable {
        private let seconds = Mutex(0.0)

        func set(_ value: Double) { seconds.withLock { $0 = value } }

        var now: UnixTime { UnixTime(milliseconds: 1_795_950_000_000 + Int64(seconds.withLock { $0 } * 1000)) }

        static func at(_ seconds: Double) -> UnixTime {
            UnixTime(milliseconds: 1_795_950_000_000 + Int64(seconds * 1000))
        }
    }

    private static let killed = FailureCause(
        .killed, container: .main, reason: "OOMKilled", message: "out of memory", exitCode: 137)

    /// What happened when, in seconds, and what the record says of it.
    @Test func `phases, tries and states stand at the times at which they were heard of`() {
        let hand = Hand()
        let recorder = StepRecorder(rows: 10, now: { hand.now })
        let inputs: [(Double, LifecycleInput, LifecyclePhase, Int)] = [
            (0, .start, .initializing, 0), (5, .inputsReady, .ready, 0),
            (6, .attempt(MainAttempt(number: 1, phase: .waiting)), .started, 1),
            (7, .attempt(MainAttempt(number: 1, phase: .running, processID: 9)), .started, 1),
            (9, .state("RUNNING"), .running, 1),
            (20, .attempt(MainAttempt(number: 1, phase: .ended, exitCode: 3)), .running, 1),
            (21, .done(DoneMarker(attempt: 1, identity: "a")), .awaitingRetry(Self.killed), 1),
            (30, .attempt(MainAttempt(number: 2, phase: .running)), .started, 2),
            // A try that was over before its beginning was read.
            (41, .attempt(MainAttempt(number: 3, phase: .ended, signal: 9)), .running, 3),
            (42, .terminate, .storing(.failure(Self.killed)), 3),
            (44, .outputsStored, .settled(.failure(Self.killed)), 3),
            (50, .terminate, .leaving(.failure(Self.killed)), 3),
        ]
        for (time, input, phase, attempt) in inputs {
            hand.set(time)
            recorder.take(input, phase: phase, attempt: attempt)
        }
        hand.set(60)
        let record = recorder.record()
        #expect(
            record.phases.map(\.name) == [
                .initializing, .ready, .running, .awaitingRetry, .running, .storing, .settled,
            ])
        #expect(record.phases.map(\.start) == [0, 5, 6, 21, 30, 42, 44].map(Hand.at))
        #expect(record.phases.dropLast().map(\.end) == record.phases.dropFirst().map(\.start))
        #expect(record.phases.last?.end == nil)
        #expect(record.attempts.map(\.number) == [1, 2, 3])
        #expect(record.attempts.map(\.start) == [7, 30, 41].map(Hand.at))
        #expect(record.attempts.map(\.end) == [Hand.at(20), nil, Hand.at(41)])
        #expect(record.attempts.first?.exitCode == 3 && record.attempts.last?.signal == 9)
        #expect(record.start == Hand.at(0) && record.end == Hand.at(44) && record.made == Hand.at(60))
        #expect(
            record.outcome?.state == "KILLED" && record.outcome?.reason == "OOMKilled" && record.outcome?.attempts == 3)
        #expect(record.outcome?.exitCode == 137 && record.outcome?.container == "main")
    }

    @Test func `transfers are followed from their turn to their end`() {
        let hand = Hand()
        let recorder = StepRecorder(rows: 10, now: { hand.now })
        let error = TransferError("s3://b/two", .server(status: 503), "status 503")
        let events: [(Double, TransferEvent)] = [
            (0, .began(path: "one", url: "s3://b/one")), (0, .began(path: "two", url: "s3://b/two")),
            (1, .admitted(url: "s3://b/one")), (2, .admitted(url: "s3://b/two")),
            (2.5, .retrying(error, attempt: 1, after: .seconds(1))),
            (4, .finished(TransferredFile(path: "one", url: "s3://b/one", size: 3000, sha256: "ab"))),
            (5, .failed(error)), (5, .skipped(TransferredFile(path: "old", url: "s3://b/old", size: 7))),
            (6, .note(path: "gone", "is missing, and optional")),
        ]
        for (time, event) in events {
            hand.set(time)
            recorder.take(.transfer(.input, event))
        }
        recorder.take(.transferred(.input, TransferReport()))
        recorder.take(.warning("something"))
        let record = recorder.record()
        #expect(record.files.map(\.path) == ["one", "two", "old", "gone"])
        #expect(record.files.map(\.result) == [.done, .failed, .skipped, .leftOut])
        #expect(record.files[0].waited == 1000 && record.files[0].rate == 1000 && record.files[0].sha256 == "ab")
        #expect(
            record.files[1].retries == 1 && record.files[1].waited == 3000
                && record.files[1].error?.contains("503") == true)
        #expect(record.inputs.bytes == 3000 && record.inputs.total == 4)
        #expect(record.warnings == ["something"])
    }

    @Test func `a step that reports without end keeps its first and last states`() {
        let recorder = StepRecorder(rows: 10)
        for number in 1...5000 {
            recorder.take(
                .report(
                    StateReport(
                        StateChange("S\(number)", previous: ""), epoch: "e", sequence: Int64(number), time: Hand.at(1)))
            )
        }
        let states = recorder.record().states.map { $0.state ?? "" }
        #expect(states.count == 1000 && states.first == "S1" && states.last == "S5000")
    }

    @Test func `a restarted agent knows the states of its earlier life and says what is missing`() {
        let earlier = [
            StateReport(StateChange("INITIALIZING", previous: "PENDING"), epoch: "e", sequence: 1, time: Hand.at(-100))
        ]
        let record = StepRecorder(rows: 10, earlier: earlier).record()
        #expect(record.states.map(\.state) == ["INITIALIZING"])
        #expect(record.start == Hand.at(-100))
        #expect(record.warnings.count == 1)
    }

    @Test func `the log's end is read, and nothing that is no file`() throws {
        let folder = try TemporaryFolder()
        try folder.write("secret\n", to: "elsewhere")
        let output = try folder.makeFolder("output")
        func read() throws -> RecordedLog { LogTail.read(in: try FolderHandle(path: output)) }
        #expect(try read() == RecordedLog())
        try folder.write("OUT> a\nERROR> b\n", to: "output/log")
        #expect(try read().lines == ["OUT> a", "ERROR> b"])
        #expect(try read().omitted == 0)
        let long = (0..<30_000).map { "OUT> line \($0)\n" }.joined()
        try folder.write(long, to: "output/log")
        let log = try read()
        #expect(
            log.lines.count == LogTail.lines && log.lines.last == "OUT> line 29999"
                && log.lines.first == "OUT> line 29600")
        #expect(log.omitted + Int64(log.lines.joined(separator: "\n").utf8.count + 1) == Int64(long.utf8.count))
        try folder.write(String(repeating: "x", count: 200_000), to: "output/log")
        #expect(try read().lines == [])
        unlink(folder["output/log"])
        symlink(folder["elsewhere"], folder["output/log"])
        #expect(try read() == RecordedLog())
        unlink(folder["output/log"])
        mkfifo(folder["output/log"], 0o600)
        #expect(try read() == RecordedLog())
    }

    @Test func `the endpoint shows all on loopback and numbers to others`() throws {
        let endpoint = AgentEndpoint(metrics: MetricRegistry())
        let early = endpoint.answer(to: ServerRequest(path: "/report.json", isLoopback: true))
        #expect(early.status == 503)
        let recorder = StepRecorder(rows: 10)
        recorder.take(.start, phase: .initializing, attempt: 0)
        recorder.take(.transfer(.input, .finished(TransferredFile(path: "n4me", url: "s3://n4me/k", size: 5))))
        let status = StatusBoard(AgentStatus(phase: .running, report: nil, attempt: 1, epoch: "e"))
        let listings = Mutex<[Bool]>([])
        endpoint.attach(status) { listing in
            listings.withLock { $0.append(listing) }
            return recorder.record(listing: listing)
        }
        for path in ["/report", "/report.json"] {
            let near = endpoint.answer(to: ServerRequest(path: path, isLoopback: true))
            let far = endpoint.answer(to: ServerRequest(path: path, isLoopback: false))
            #expect(near.status == 200 && far.status == 200)
            #expect(String(decoding: near.body, as: UTF8.self).contains("n4me"))
            #expect(!String(decoding: far.body, as: UTF8.self).contains("n4me"))
        }
        let page = String(
            decoding: endpoint.answer(to: ServerRequest(path: "/report", isLoopback: true)).body, as: UTF8.self)
        #expect(page.contains("http-equiv=\"refresh\""))
        let far = endpoint.answer(to: ServerRequest(path: "/report.json"))
        #expect(try StepRecord.reading(far.body).record.inputs.bytes == 5)
        #expect(listings.withLock { $0 } == [true, false, true, false, true, false], "others have us list nothing")
    }
}
