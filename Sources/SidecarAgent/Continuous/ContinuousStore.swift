import Basics
import CLinux
import Glibc
import Synchronization
import Transfer
import WorkdirProtocol

/// Stores the outputs that are marked `during: continuous` while main runs, each once it is complete and quiet. Nothing it
/// cannot store is a failure: at the end all that is missing is stored.
final class ContinuousStore: Sendable {
    private struct State {
        var files = SettlingFiles()
        var isFinishing = false
    }

    /// Files stored in one go, so that higher priorities that come meanwhile do not wait long.
    private static let batch = 64

    private let volume: Volume
    private let journal: any TransferJournal
    private let transfers: any StepTransfers
    private let outputs: [OutputRequest]
    private let onEvent: @Sendable (AgentEvent) -> Void
    private let time: Timepiece
    private let wall: WallClock
    private let state = Mutex(State())
    private let woken = Signal()
    private let work = Stoppable()
    private let ended: AsyncStream<Never>
    private let end: AsyncStream<Never>.Continuation

    init(
        _ outputs: [OutputRequest], of volume: Volume, journal: any TransferJournal, transfers: any StepTransfers,
        time: Timepiece = .system, wall: WallClock = .system, onEvent: @escaping @Sendable (AgentEvent) -> Void
    ) {
        self.outputs = outputs
        self.volume = volume
        self.journal = journal
        self.transfers = transfers
        self.time = time
        self.wall = wall
        self.onEvent = onEvent
        (ended, end) = AsyncStream.makeStream()
    }

    /// Until `finish`, or until cancelled.
    func run() async {
        defer { end.finish() }
        do throws(VolumeError) {
            let watch = try OutputWatch(volume) { [weak self] in self?.take($0) }
            defer { watch.stop() }
            _ = await work.run { await self.serve(watch) }
        } catch {
            onEvent(.warning("outputs are stored at the end only: \(error.message)"))
        }
    }

    /// Takes up no more files, and returns when none is under way. At once, or cancelled, it gives up those that are: where time
    /// is short, a large file must not keep one of a higher priority waiting.
    func finish(atOnce: Bool = false) async {
        state.withLock { $0.isFinishing = true }
        if atOnce { work.stop() }
        woken.send()
        await withTaskCancellationHandler {
            for await _ in ended {}
        } onCancel: {
            work.stop()
        }
        // A cancelled task is not told of the end by the stream; what is under way stops at once then.
    }

    private func take(_ change: OutputWatch.Change) {
        let now = time.now()
        state.withLock { state in
            switch change {
            case .closed(let path): state.files.add(path, at: now)
            case .found(let path): state.files.add(found: path, at: now)
            case .lost: state.files.lose()
            }
        }
        woken.send()
    }

    private func serve(_ watch: OutputWatch) async {
        while !Task.isCancelled {
            let now = time.now()
            let (isFinishing, paths, next, misses) = state.withLock { state in
                (
                    state.isFinishing, state.files.take(at: now, most: Self.batch), state.files.next,
                    state.files.takeMissing()
                )
            }
            if isFinishing { return }
            if misses { watch.scan() }
            if paths.isEmpty {
                await woken.wait(until: next, time)
            } else {
                await store(paths)
            }
        }
    }

    private func store(_ paths: [String]) async {
        let folder: ConfinedFolder
        do throws(VolumeError) { folder = try volume.folder(WorkdirPath.output) } catch { return }
        let due = paths.filter { isQuiet($0) }
        guard !due.isEmpty else { return }
        let report = await transfers.store(
            outputs, from: folder, only: due, deadline: nil, journal: journal,
            onEvent: { [onEvent] event in
                switch event {
                case .began, .admitted, .finished, .retrying, .told: onEvent(.transfer(.output, event))
                case .failed(let error) where error.reason != .changed && error.reason != .cancelled:
                    onEvent(.warning("not stored yet: \(error)"))
                case .failed, .skipped, .planned, .note: break
                }
            })
        guard report.failures.contains(where: { $0.reason != .changed }) else { return }
        let now = time.now()
        state.withLock { state in
            for path in due { state.files.add(path, at: now, quiet: SettlingFiles.pause) }
        }
    }

    /// Written to a moment ago, by whoever else has it open, it waits on.
    private func isQuiet(_ path: String) -> Bool {
        let file = Beneath.open(volume.root.descriptor, "\(WorkdirPath.output)/\(path)", Beneath.pathOnly | O_NOFOLLOW)
        guard file >= 0 else { return false }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        let age =
            Duration.microseconds(wall.microsecondsSince1970())
            - (.seconds(status.st_mtim.tv_sec) + .nanoseconds(status.st_mtim.tv_nsec))
        // A time in the future says nothing.
        guard age >= .zero, age < SettlingFiles.quiet else { return true }
        let now = time.now()
        state.withLock { $0.files.add(path, at: now, quiet: SettlingFiles.quiet - age) }
        return false
    }
}

/// Which outputs have been complete and quiet for long enough to be stored while main runs. Decides alone; the clock and
/// the files are the caller's.
struct SettlingFiles: Sendable {
    /// Since a file was closed after writing, or got its name.
    static let quiet = Duration.seconds(1)
    /// For a file that was found and not seen being closed: it may still be open.
    static let quietUnseen = Duration.seconds(10)
    /// Before what could not be stored is tried again.
    static let pause = Duration.seconds(60)
    /// Files waiting at once; others are found again later.
    static let limit = 4096
    /// Files of one search in several looks, some dozen bytes each; others are stored at the end.
    private static let searched = 1_000_000

    private var due: [ByteKey: Duration] = [:]
    /// Something was not kept: the folder is to be looked through again.
    private(set) var missesSome = false
    /// Hashes of what was taken up since: another look is for the others.
    private var taken: Set<Int> = []

    /// The file is due once it was left alone for so long from now on.
    mutating func add(_ path: String, at now: Duration, quiet: Duration = Self.quiet) {
        let path = ByteKey(path)
        guard due.count < Self.limit || due[path] != nil else {
            missesSome = true
            taken.remove(path.hashValue)
            return
        }
        due[path] = now + quiet
        if taken.count < Self.searched { taken.insert(path.hashValue) }
    }

    /// The same for a file that lies there and was not seen being closed.
    mutating func add(found path: String, at now: Duration) {
        guard taken.count < Self.searched, !taken.contains(ByteKey(path).hashValue) else { return }
        add(path, at: now, quiet: Self.quietUnseen)
    }

    /// What was not seen may have changed any file.
    mutating func lose() {
        missesSome = true
        taken = []
    }

    /// What is due now, first what has waited longest; at most so many.
    mutating func take(at now: Duration, most: Int) -> [String] {
        let ready = due.filter { $0.value <= now }.sorted { ($0.value, $0.key.text) < ($1.value, $1.key.text) }
            .prefix(most)
        for (path, _) in ready { due[path] = nil }
        return ready.map(\.key.text)
    }

    /// `true` once there is room for what was not kept.
    mutating func takeMissing() -> Bool {
        guard due.isEmpty else { return false }
        if !missesSome { taken = [] }
        defer { missesSome = false }
        return missesSome
    }

    /// When something is due; `nil` while nothing waits.
    var next: Duration? { due.values.min() }
}
