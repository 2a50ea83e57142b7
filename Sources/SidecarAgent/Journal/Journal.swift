import Basics
import CLinux
import Glibc
import Synchronization
import Transfer
import WorkdirProtocol

/// The agent's memory: append-only lines in a file called `journal`, read by the successor of a killed agent. It lies in a
/// folder that only the agent mounts, or in `.kpipe/`, where main can write it; the limits are then tighter.
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
        /// Bytes of the file.
        var end: Int
        /// A write has failed, so the last line may be torn.
        var isTorn = false
        var faulted = false
    }

    private let folder: FolderHandle
    private let limits: JournalLimits
    private let state: Mutex<State>
    private let onFault: @Sendable (VolumeError) -> Void

    static let name = Volume.ownName(WorkdirPath.journal)
    /// Lines beyond which a journal is rewritten, if most of them are outdated.
    static let compactionThreshold = 4096

    /// - Parameter end: `nil`: where the file ends, whose last line may be torn.
    private init(
        _ file: Int32, _ content: JournalContent, end: Int?, in folder: FolderHandle, _ limits: JournalLimits,
        onFault: @escaping @Sendable (VolumeError) -> Void
    ) {
        self.folder = folder
        self.limits = limits
        self.onFault = onFault
        let size = Int(max(0, lseek(file, 0, SEEK_END)))
        state = Mutex(
            State(file: file, content: content, lines: content.recordCount, end: end ?? size, isTorn: end == nil))
    }

    deinit { state.withLock { _ = close($0.file) } }

    /// What an earlier agent left, if anything. One that is larger than any agent leaves it is nobody's.
    static func read(
        in folder: FolderHandle, _ limits: JournalLimits = .own
    ) -> (content: JournalContent, damaged: Int)? {
        let file = reader(in: folder)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, Int(status.st_size) <= limits.bytes else { return nil }
        return JournalContent.read(JournalLines(file: file), within: limits)
    }

    /// A regular file; -1 where there is none.
    private static func reader(in folder: FolderHandle) -> Int32 {
        let file = Beneath.open(folder.descriptor, name, O_RDONLY | O_NONBLOCK)
        guard file >= 0 else { return -1 }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            return -1
        }
        return file
    }

    /// Writes `content` as a new journal in the place of what is there, without torn or outdated lines. On a full disk the old
    /// one, from which `content` was read, goes on.
    static func open(
        _ content: JournalContent, in folder: FolderHandle, _ limits: JournalLimits = .own,
        onFault: @escaping @Sendable (VolumeError) -> Void
    ) throws(VolumeError) -> Journal {
        let written: (content: JournalContent, end: Int)
        do throws(VolumeError) { written = try rewrite(content, in: folder) } catch {
            // Only where it is this step's.
            guard let old = read(in: folder, limits)?.content, old.identity?.epoch == content.identity?.epoch else {
                throw error
            }
            onFault(error)
            return Journal(try appender(in: folder), content, end: nil, in: folder, limits, onFault: onFault)
        }
        return Journal(
            try appender(in: folder), written.content, end: written.end, in: folder, limits, onFault: onFault)
    }

    /// Records of files are copied line by line from what is there.
    /// - Returns: the content with the places that its records have now, and the bytes of the new file.
    private static func rewrite(_ content: JournalContent, in folder: FolderHandle) throws(VolumeError)
        -> (JournalContent, end: Int)
    {
        let old = reader(in: folder)
        defer { if old >= 0 { close(old) } }
        let kept = content.fetched.all + content.stored.all
        var content = content
        (content.fetched, content.stored) = (RecordIndex(), RecordIndex())
        var end = 0
        try folder.replace(name, mode: 0o644) { new in
            var bytes = content.records.flatMap { (try? JournalLine.encode($0)) ?? [] }
            func flush() -> Bool {
                defer { bytes = [] }
                end += bytes.count
                return FolderHandle.writeAll(new, bytes)
            }
            for place in kept.sorted() where old >= 0 {
                guard let line = JournalLines(file: old).line(at: place), let record = JournalLine.decode(line[...])
                else { continue }
                content.apply(record, at: end + bytes.count)
                bytes += line + [UInt8(ascii: "\n")]
                if bytes.count > 64 << 10, !flush() { return false }
            }
            return flush()
        }
        return (content, end)
    }

    private static func appender(in folder: FolderHandle) throws(VolumeError) -> Int32 {
        // A pipe in its place would wait for a reader.
        let file = openat(folder.descriptor, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw .last("append to", folder.display(name)) }
        return file
    }

    /// What the record at an index's place says.
    private func record(at place: (JournalContent) -> Int?) -> JournalRecord? {
        state.withLock { state in
            place(state.content).flatMap { JournalLines(file: state.file).line(at: $0) }
                .flatMap { JournalLine.decode($0[...]) }
        }
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
                    summary: summary, traceparent: memory.record?.traceparent)
            }
            append(.step(memory, reports: reports), to: &state, durable: true)
            return reports
        }
    }

    private func append(_ record: JournalRecord) {
        state.withLock { append(record, to: &$0, durable: false) }
    }

    private func append(_ record: JournalRecord, to state: inout State, durable: Bool) {
        let line = (try? JournalLine.encode(record)) ?? []
        // What a file costs is moved again after a restart; a step of the lifecycle is never left out.
        guard durable || state.end + line.count <= limits.bytes / 2 else { return state.content.apply(record, at: nil) }
        // One write, so that a kill leaves a whole line or a torn last one.
        let begun = state.isTorn ? [UInt8(ascii: "\n")] + line : line
        guard !line.isEmpty, FolderHandle.writeAll(state.file, begun), !durable || fdatasync(state.file) == 0 else {
            state.content.apply(record, at: nil)
            state.isTorn = true
            var status = stat()
            if fstat(state.file, &status) == 0 { state.end = Int(status.st_size) }
            return fault(.last("append to", folder.display(Self.name)), &state)
        }
        state.content.apply(record, at: state.end + begun.count - line.count)
        state.end += begun.count
        state.isTorn = false
        state.lines += 1
        compactIfWorthwhile(&state)
    }

    private func compactIfWorthwhile(_ state: inout State) {
        guard state.lines > Self.compactionThreshold, state.lines > 2 * state.content.recordCount else { return }
        do throws(VolumeError) {
            let (content, end) = try Self.rewrite(state.content, in: folder)
            let file = try Self.appender(in: folder)
            close(state.file)
            (state.file, state.content, state.lines, state.end) = (file, content, content.recordCount, end)
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
    func fetched(_ path: String) -> FetchedRecord? {
        guard case .fetched(let found)? = record(at: { $0.fetched[path] }), ByteKey(found.path) == ByteKey(path) else {
            return nil
        }
        return found
    }

    func record(_ fetched: FetchedRecord) { append(.fetched(fetched)) }

    func stored(at url: String) -> StoredRecord? {
        guard case .stored(let found)? = record(at: { $0.stored[url] }), ByteKey(found.url) == ByteKey(url) else {
            return nil
        }
        return found
    }

    func record(_ stored: StoredRecord) { append(.stored(stored)) }
    func upload(at url: String) -> UploadRecord? { state.withLock { $0.content.uploads[url] } }
    func record(_ upload: UploadRecord) { append(.upload(upload)) }
    func forgetUpload(at url: String) { append(.uploadEnded(url: url)) }
}
