import Basics
import Glibc
import Synchronization
import Transfer
import WorkdirProtocol

/// The agent's memory on the volume: append-only lines in `.kpipe/journal`, read by the successor of a killed agent.
///
/// What is appended survives SIGKILL once the call returns. Steps of the lifecycle survive a crash of the node too,
/// because they are on disk before anybody hears of them, so no report's id ever names two reports. Records of single
/// files are not synchronised one by one: a crash of the node then costs the repetition of a transfer, no more.
///
/// A full or broken disk costs the memory, not the step: the first such failure is told to `onFault`, and the agent goes
/// on from what it holds.
final class Journal: Sendable {
    private struct State {
        var file: Int32
        var content: JournalContent
        var lines: Int
        /// A write has failed, so the last line may be torn.
        var isTorn = false
        var faulted = false
    }

    private let folder: FolderHandle
    private let state: Mutex<State>
    private let onFault: @Sendable (VolumeError) -> Void

    static let name = Volume.ownName(WorkdirPath.journal)
    /// Lines beyond which a journal is rewritten, if most of them are outdated.
    static let compactionThreshold = 4096

    private init(
        _ file: Int32, _ content: JournalContent, lines: Int, in folder: FolderHandle,
        onFault: @escaping @Sendable (VolumeError) -> Void
    ) {
        self.folder = folder
        self.onFault = onFault
        state = Mutex(State(file: file, content: content, lines: lines))
    }

    deinit { state.withLock { _ = close($0.file) } }

    /// What an earlier agent left, if anything.
    static func read(in folder: FolderHandle) -> (content: JournalContent, damaged: Int)? {
        guard let file = folder.read(name, limit: 1 << 30) else { return nil }
        let parsed = JournalContent.parse(file.bytes)
        return (parsed.content, parsed.damaged)
    }

    /// Writes `content` as a new journal in the place of what is there, without torn or outdated lines.
    static func open(
        _ content: JournalContent, in folder: FolderHandle, onFault: @escaping @Sendable (VolumeError) -> Void
    ) throws(VolumeError) -> Journal {
        let lines = try rewrite(content, in: folder)
        return Journal(try appender(in: folder), content, lines: lines, in: folder, onFault: onFault)
    }

    private static func rewrite(_ content: JournalContent, in folder: FolderHandle) throws(VolumeError) -> Int {
        let records = content.records
        try folder.replace(name, with: records.flatMap { (try? JournalLine.encode($0)) ?? [] })
        return records.count
    }

    private static func appender(in folder: FolderHandle) throws(VolumeError) -> Int32 {
        // A pipe in its place would wait for a reader.
        let file = openat(folder.descriptor, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw .last("append to", folder.display(name)) }
        return file
    }

    var content: JournalContent { state.withLock { $0.content } }

    /// Keeps a step and makes its reports. They are on disk when this returns.
    func commit(
        _ memory: LifecycleMachine.Memory, _ changes: [StateChange], at time: UnixTime, summary: StepSummary? = nil
    ) -> [StateReport] {
        state.withLock { state in
            let epoch = state.content.identity?.epoch ?? ""
            let reports = changes.enumerated().map { index, change in
                StateReport(
                    change, epoch: epoch, sequence: state.content.sequence + Int64(index) + 1, time: time,
                    summary: summary)
            }
            append(.step(memory, reports: reports), to: &state, durable: true)
            return reports
        }
    }

    private func append(_ record: JournalRecord) {
        state.withLock { append(record, to: &$0, durable: false) }
    }

    private func append(_ record: JournalRecord, to state: inout State, durable: Bool) {
        state.content.apply(record)
        guard let line = try? JournalLine.encode(record) else { return }
        // One write, so that a kill leaves a whole line or a torn last one.
        let begun = state.isTorn ? [UInt8(ascii: "\n")] + line : line
        guard FolderHandle.writeAll(state.file, begun), !durable || fdatasync(state.file) == 0 else {
            state.isTorn = true
            return fault(.last("append to", folder.display(Self.name)), &state)
        }
        state.isTorn = false
        state.lines += 1
        compactIfWorthwhile(&state)
    }

    private func compactIfWorthwhile(_ state: inout State) {
        guard state.lines > Self.compactionThreshold, state.lines > 2 * state.content.recordCount else { return }
        do throws(VolumeError) {
            let lines = try Self.rewrite(state.content, in: folder)
            let file = try Self.appender(in: folder)
            close(state.file)
            (state.file, state.lines) = (file, lines)
        } catch {
            fault(error, &state)
        }
    }

    private func fault(_ error: VolumeError, _ state: inout State) {
        guard !state.faulted else { return }
        state.faulted = true
        onFault(error)
    }
}

extension Journal: ReportLog {
    func unacknowledged(by destination: String) -> [StateReport] {
        state.withLock { $0.content.backlog.unacknowledged(by: destination) }
    }

    func acknowledge(through sequence: Int64, by destination: String) {
        append(.acknowledged(destination: destination, through: sequence))
    }
}

extension Journal: TransferJournal {
    func fetched(_ path: String) -> FetchedRecord? { state.withLock { $0.content.fetched[path] } }
    func record(_ fetched: FetchedRecord) { append(.fetched(fetched)) }
    func stored(at url: String) -> StoredRecord? { state.withLock { $0.content.stored[url] } }
    func record(_ stored: StoredRecord) { append(.stored(stored)) }
    func upload(at url: String) -> UploadRecord? { state.withLock { $0.content.uploads[url] } }
    func record(_ upload: UploadRecord) { append(.upload(upload)) }
    func forgetUpload(at url: String) { append(.uploadEnded(url: url)) }
}
