import Basics
import CLinux
import WorkdirProtocol

/// The markers in the workdir, seen and made by the entrypoint. A marker that cannot be made is reported once a kind;
/// the command runs on.
struct Markers {
    let workdir: WorkdirFolder
    /// Whose container this is: the pod's uid, where main's environment has it, and its host name.
    let pod: String
    let host: String

    init(workdir: WorkdirFolder, pod: String, host: String) {
        self.workdir = workdir
        self.pod = pod
        self.host = host
    }

    /// Of this container.
    init(workdir: WorkdirFolder) {
        let pod = getenv(AgentVariable.podUID).map { String(cString: $0) }
        self.init(workdir: workdir, pod: pod ?? "", host: EpochRecord.hostName())
    }

    func snapshot() -> MarkerSnapshot {
        let life = read(WorkdirPath.epoch).map { EpochRecord(parsing: $0) }
        var snapshot = MarkerSnapshot(isHealthy: workdir.exists(WorkdirPath.healthy))
        // Another pod's agent has left it all behind; ours has not come yet.
        if let life, !life.isOf(pod: pod, host: host) { return snapshot }
        snapshot.epoch = life?.epoch ?? ""
        snapshot.isReady = MarkerSnapshot.isReady(marker: read(WorkdirPath.ready), epoch: read(WorkdirPath.epoch))
        snapshot.failed = verdict(WorkdirPath.failed, snapshot.epoch)
        snapshot.stored = verdict(WorkdirPath.stored, snapshot.epoch)
        return snapshot
    }

    /// One that belongs to another life of the volume is none.
    private func verdict(_ path: String, _ epoch: String) -> TryVerdict? {
        guard let verdict = read(path).flatMap({ TryVerdict(parsing: $0) }) else { return nil }
        return verdict.epoch.isEmpty || epoch.isEmpty || verdict.epoch.isIdentical(to: epoch.utf8) ? verdict : nil
    }

    /// The try before this one; nil: this is the first.
    func earlierTry() -> TryRecord? {
        read(WorkdirPath.attempt).flatMap { TryRecord(parsing: $0) }
    }

    /// Keeps room for the markers on a volume that the command may fill. Without any to keep, one does without.
    func reserve() {
        try? workdir.write(String(repeating: " ", count: WorkdirPath.reservedBytes), to: WorkdirPath.reserve)
    }

    /// Replaces a marker, in the room that was kept where there is no other.
    func write(_ text: String, to path: String) throws(FileError) {
        do throws(FileError) {
            try workdir.write(text, to: path)
        } catch {
            guard error.code == ENOSPC || error.code == EDQUOT, try workdir.remove(WorkdirPath.reserve) else {
                throw error
            }
            try workdir.write(text, to: path)
        }
    }

    /// Removes what an earlier try has left and would be taken for this one's.
    func clear() throws(FileError) {
        for marker in [WorkdirPath.state, WorkdirPath.done, WorkdirPath.healthy] {
            try workdir.remove(marker)
        }
    }

    /// Whether an agent lives on the volume: it holds the lock as long as it does. Where one cannot look, it does. Taking the
    /// lock for this moment does not disturb an agent that comes: it tries again.
    func agentIsPresent() -> Bool {
        let file = clinux_open(workdir.path(WorkdirPath.lock), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0)
        guard file >= 0 else { return clinux_errno() != ENOENT }
        defer { close(file) }
        return flock(file, LOCK_SH | LOCK_NB) != 0
    }

    private func read(_ path: String) -> [UInt8]? {
        try? workdir.read(path)
    }
}

/// Tells when the workdir's markers may have changed. Which one is not asked: looking is cheap, idempotent, and right
/// even when events were lost.
struct MarkerWatch {
    /// -1 when the kernel grants no watch; then one looks every `fallbackInterval`.
    let descriptor: Int32
    private let root: String
    private let own: String

    /// Milliseconds between two looks without a watch.
    static let fallbackInterval: Int64 = 500

    private static let events = UInt32(IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM)

    init(workdir: WorkdirFolder) {
        root = workdir.root
        own = workdir.path(WorkdirPath.own)
        let made = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        if made >= 0, inotify_add_watch(made, root, Self.events) < 0 {
            close(made)
            descriptor = -1
        } else {
            descriptor = made
        }
        renew()
    }

    /// Watches the agent's folder as it is now: a new agent may have replaced it. Harmless when it is watched already.
    func renew() {
        if descriptor >= 0 { inotify_add_watch(descriptor, own, Self.events) }
    }

    /// Takes what has been reported.
    func drain() {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
        }
    }
}

/// Markers on their way into the volume. What cannot be written waits, in order, the newest text of each: `done` must not
/// be there before the record that says how.
struct MarkerQueue {
    private var waiting: [(path: String, text: String)] = []

    var isEmpty: Bool { waiting.isEmpty }

    mutating func add(_ text: String, to path: String) {
        if let index = waiting.firstIndex(where: { $0.path.isIdentical(to: path.utf8) }) {
            waiting[index].text = text
        } else {
            waiting.append((path, text))
        }
    }

    /// Writes as many as can be. `healthy` waits for no other: a probe asks for it. Throws what stood in the way.
    mutating func flush(_ write: (String, String) throws(FileError) -> Void) throws(FileError) {
        var failure: FileError?
        var left: [(path: String, text: String)] = []
        for marker in waiting {
            guard failure == nil || marker.path.isIdentical(to: WorkdirPath.healthy.utf8) else {
                left.append(marker)
                continue
            }
            do throws(FileError) {
                try write(marker.text, marker.path)
            } catch {
                failure = failure ?? error
                left.append(marker)
            }
        }
        waiting = left
        if let failure { throw failure }
    }
}
