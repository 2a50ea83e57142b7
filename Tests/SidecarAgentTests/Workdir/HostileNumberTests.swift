import Basics
import Report
import Telemetry
import TestSupport
import Testing
import WorkdirProtocol

@testable import SidecarAgent
@testable import Transfer

/// Main can write any number anywhere in the volume. The agent goes on counting from none of them.
@Suite("Numbers that main can write")
struct HostileNumberTests {
    static let extremes = [
        "-9223372036854775808", "-2147483648", "-1", "0", "64", "65", "255", "256", "1000000000", "1000000001",
        "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
        "340282366920938463463374607431768211456",
    ]

    /// What lies there before main's next tries, through the whole of a step, under every kind of rules.
    static func live(_ markers: [String: String]) throws -> [LifecycleMachine] {
        let folder = try TemporaryFolder()
        let volume = try Volume(folder.path, openToAll: false)
        for (path, text) in markers { try folder.write(text, to: path) }
        let found = MarkerReader(volume: volume).readAll()
        let failed = MainStatus.terminated(exitCode: 1, reason: "Error", final: false)
        let rest: [LifecycleInput] = [
            .mainStatus(failed), .mainStatus(.running), .state("again"), .mainStatus(failed), .state("and again"),
            .outputsFailed(Notation.agentFailed), .mainStatus(.running), .terminate, .outputsStored,
        ]
        return LifecycleSequenceTests.allRules.map { rules in
            var machine = LifecycleMachine(rules)
            for input in [.start, .inputsReady, .mainStatus(.running)] + found + rest { _ = machine.handle(input) }
            return machine
        }
    }

    @Test("the record of a try, key by key", arguments: extremes, ["try", "pid", "exit", "signal"])
    func record(_ number: String, _ key: String) throws {
        for phase in ["running", "ended"] {
            let base = ["try=1\n", "pid=7\n", "exit=1\n", "signal=9\n"].filter { !$0.hasPrefix(key) }.joined()
            for machine in try Self.live([WorkdirPath.attempt: "\(base)\(key)=\(number)\nphase=\(phase)\n"]) {
                #expect(machine.memory.attempt <= TryRecord.attemptLimit)
            }
        }
    }

    @Test("done", arguments: extremes)
    func done(_ number: String) throws {
        for machine in try Self.live([WorkdirPath.done: number, WorkdirPath.state: "ERROR"]) {
            #expect(machine.memory.attempt <= TryRecord.attemptLimit)
        }
    }

    /// A forged line carries the right checksum.
    @Test("the journal", arguments: [Int64.min, -1, 0, 1, 1 << 62, .max - 1, .max])
    func journal(_ number: Int64) throws {
        let folder = try TemporaryFolder()
        let volume = try Volume(folder.path, openToAll: false)
        var memory = LifecycleMachine.Memory()
        memory.phase = .awaitingRetry(Notation.mainFailed)
        memory.attempt = Int(number)
        memory.record = MainAttempt(number: Int(number), phase: .ended, signal: Int32(truncatingIfNeeded: number))
        let report = StateReport(
            StateChange("half", previous: "PENDING"), epoch: "e", sequence: number, time: UnixTime(milliseconds: number)
        )
        let file = FileIdentity(size: number, modified: number, inode: 1)
        let forged: [JournalRecord] = [
            .volume(VolumeIdentity(epoch: "e", pod: "p", boot: "b", name: nil)), .step(memory, reports: [report]),
            .step(LifecycleMachine.Memory(), reports: [report]), .acknowledged(destination: "d", through: number),
            .fetched(FetchedRecord(path: "a", url: "file:///a", size: number, file: file)),
            .stored(StoredRecord(path: "b", url: "file:///b", size: number, file: file)),
            .upload(UploadRecord(url: "file:///c", id: "", begun: number)),
        ]
        try volume.own.replace(Journal.name, with: forged.flatMap { try JournalLine.encode($0) })
        let found = try #require(Journal.read(in: volume.own))
        let journal = try Journal.open(found.content, in: volume.own) { _ in }
        var machine = LifecycleMachine(LifecycleSequenceTests.allRules[0], memory: found.content.memory)
        for input in [.start, .state("again"), .mainStatus(.running), .terminate, .outputsStored] as [LifecycleInput] {
            _ = machine.handle(input)
        }
        let reports = journal.commit(
            machine.memory, [StateChange("a", previous: "b"), StateChange("c", previous: "a")],
            at: UnixTime(milliseconds: 0))
        for report in reports + journal.unacknowledged(by: "d") {
            #expect(!report.time.description.isEmpty)
            _ = PodReport(report: report, pod: ReportDeliveryTests.pod).event
        }
    }

    @Test("usage samples", arguments: extremes)
    func usage(_ number: String) {
        let line = UsageMetric.allCases.map { "\($0.name)=\(number)" }.joined(separator: " ")
        var record = UsageRecord(parsing: Array("peak time=\(number) \(line)\ntime=\(number) \(line)\n".utf8))
        for sample in record.samples { record.append(sample) }
        let board = UsageBoard(interval: nil)
        board.replace(record, of: "main")
        let registry = MetricRegistry()
        UsageMetrics(registry).show(board.current)
        _ = registry.exposition()
        #expect(board.summary.count <= UsageMetric.allCases.count)
    }

    @Test("usage over time, and the page about it", arguments: extremes)
    func usageOverTime(_ number: String) {
        let metrics = UsageMetric.allCases.map { "\($0.name)=\(number)" }.joined(separator: " ")
        let lines = ["time=\(number)", "time=0", "time=1795232700000", "time=\(number)"].map { "\($0) \(metrics)\n" }
        let board = UsageBoard(interval: .seconds(10))
        board.replace(UsageRecord(parsing: Array(("peak " + lines.joined()).utf8)), of: "main")
        var record = StepRecord()
        record.usage = board.recorded
        #expect(!StepPage.html(record).isEmpty)
        #expect(ResourceAdvice.all(of: record).allSatisfy { $0.suggestion >= 0 && $0.suggestion < 1 << 60 })
    }

    @Test("sizes add up to no more than a number holds")
    func sizes() {
        var report = TransferReport()
        report.files = FileList((0..<3).map { TransferredFile(path: "\($0)", url: "", size: 1 << 62) })
        #expect(report.bytes == .max)
        #expect(ByteSize.rounded(.max).hasSuffix("TiB"))
    }
}
