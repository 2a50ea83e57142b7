import Basics
import CLinux
import Glibc
import Logging
import Report
import Synchronization
import Transfer
import WorkdirProtocol

/// Stores the step's report where the configuration says. One that cannot be stored is a warning, never a failed step.
final class ReportWriter: Sendable {
    /// What is done once for each outcome; whoever asks while it is being done waits for that.
    private final class Once: Sendable {
        private let done = Mutex<StepOutcome?>(nil)
        private let flight = SingleFlight<Void, CancellationError>(cancelled: CancellationError()) { _ in true }

        func run(_ outcome: StepOutcome, _ work: () async -> Void) async {
            while done.withLock({ $0 }) != outcome, !Task.isCancelled {
                try? await flight.run { () async throws(CancellationError) in
                    await work()
                    if Task.isCancelled { throw CancellationError() }
                    done.withLock { $0 = outcome }
                }
            }
        }
    }

    private let writing = Once()
    private let tracing = Once()
    private let pod = Mutex<(any MainStatusSource)?>(nil)

    /// Who can tell of the pod, and be told.
    func follow(_ pod: (any MainStatusSource)?) { self.pod.withLock { $0 = pod } }

    /// The agent's record with what only the pod, the monitor and the volume know.
    ///
    /// - Parameter listing: with all files and the log's end.
    static func record(of agent: SidecarAgent, outcome: StepOutcome? = nil, listing: Bool = true) -> StepRecord {
        var record = agent.recorder.record(outcome: outcome, listing: listing)
        let pod = agent.settings.pod
        (record.step.namespace, record.step.pod, record.step.uid) = (pod.namespace, pod.name, agent.identity.pod)
        record.step.job = pod.job ?? record.step.job
        record.step.epoch = agent.identity.epoch
        record.usage = agent.settings.recordedUsage()
        guard listing else { return record }
        record.log = (try? agent.volume.root.folder(WorkdirPath.output)).map { LogTail.read(in: $0) } ?? RecordedLog()
        return record
    }

    /// Stores it, once for each outcome; whoever calls while it is being stored waits for that.
    func write(_ outcome: StepOutcome, of agent: SidecarAgent) async {
        guard !agent.settings.configuration.reports.isEmpty, agent.settings.configurationFailure == nil else { return }
        await writing.run(outcome) { await store(outcome, of: agent) }
    }

    /// The step is over: its report is stored, and its trace sent.
    func finish(_ outcome: StepOutcome, of agent: SidecarAgent) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.write(outcome, of: agent) }
            group.addTask {
                guard let traces = agent.settings.traces else { return }
                await self.tracing.run(outcome) {
                    await traces.send(
                        Self.record(of: agent, outcome: outcome),
                        traceparent: agent.journal.content.memory.record?.traceparent, agent.logger)
                }
            }
        }
    }

    private func store(_ outcome: StepOutcome, of agent: SidecarAgent) async {
        let pod = pod.withLock { $0 }
        if let details = await pod?.details() { agent.recorder.take(details) }
        let record = Self.record(of: agent, outcome: outcome)
        var first: String?
        for target in agent.settings.configuration.reports {
            do throws(TransferError) {
                let (json, page) = (target.url(of: "report.json"), target.url(of: "report.html"))
                try await agent.transfers.put(record.encoded, to: json, contentType: "application/json")
                try await agent.transfers.put(StepPage.html(record), to: page, contentType: "text/html; charset=utf-8")
                agent.logger.info("report stored", metadata: ["url": "\(Location.shown(json))"])
                agent.onEvent(.note("report \(Location.shown(page))"))
                first = first ?? Location.shown(json)
            } catch {
                agent.logger.warning("report not stored", metadata: ["error": "\(error)"])
                agent.onEvent(.warning("the report could not be stored: \(error)"))
            }
        }
        if let first { await pod?.announce(report: first) }
    }
}

extension ReportConfiguration {
    /// Reports lie in a folder, whether its name ends in a slash or not.
    func url(of name: String) -> String { to.hasSuffix("/") ? to + name : "\(to)/\(name)" }
}

/// The end of main's log, which main may make as long as it likes, or anything but a file.
enum LogTail {
    private static let bytes = 64 << 10
    static let lines = 400

    static func read(in folder: FolderHandle) -> RecordedLog {
        var log = RecordedLog()
        let name = String(WorkdirPath.outputLog.dropFirst(WorkdirPath.output.utf8.count + 1))
        guard let (tail, before) = folder.tail(name, limit: bytes) else { return log }
        var text = tail[...]
        // A line that was cut in two begins nowhere.
        if before > 0 { text = text.drop { $0 != ASCII.newline }.dropFirst() }
        let all = text.split(separator: ASCII.newline, omittingEmptySubsequences: false)
        let whole = all.last?.isEmpty == true ? all.dropLast() : all
        log.lines = whole.suffix(lines).map { String(decoding: $0.prefix(2000), as: UTF8.self) }
        let shown = whole.suffix(lines).reduce(0) { $0 + $1.count + 1 }
        log.omitted = before + Int64(max(0, tail.count - shown))
        return log
    }
}

extension FolderHandle {
    /// The last `limit` bytes of a regular file, and how many stand before them. A link, a pipe or a folder counts as none.
    fileprivate func tail(_ name: String, limit: Int) -> (bytes: [UInt8], before: Int64)? {
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        let before = max(0, Int64(status.st_size) - Int64(limit))
        guard lseek(file, off_t(before), SEEK_SET) >= 0, let bytes = [UInt8](readingAllOf: file, limit: limit) else {
            return nil
        }
        return (bytes, before)
    }
}
