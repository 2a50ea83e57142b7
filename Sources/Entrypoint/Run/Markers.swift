import CLinux
import WorkdirProtocol

/// The markers in the workdir, seen and made by the entrypoint. A marker that cannot be made is reported once a kind;
/// the command runs on.
struct Markers {
    let workdir: WorkdirFolder

    func snapshot() -> MarkerSnapshot {
        let epoch = read(WorkdirPath.epoch)
        return MarkerSnapshot(
            isReady: MarkerSnapshot.isReady(marker: read(WorkdirPath.ready), epoch: epoch),
            isHealthy: workdir.exists(WorkdirPath.healthy),
            epoch: epoch.map { String(decoding: MarkerSnapshot.firstLine($0), as: UTF8.self) } ?? "",
            failed: read(WorkdirPath.failed).flatMap { TryVerdict(parsing: $0) },
            stored: read(WorkdirPath.stored).flatMap { TryVerdict(parsing: $0) })
    }

    /// The try before this one; nil: this is the first.
    func earlierTry() -> TryRecord? {
        read(WorkdirPath.attempt).flatMap { TryRecord(parsing: $0) }
    }

    /// Removes what an earlier try has left and would be taken for this one's.
    func clear() throws(FileError) {
        for marker in [WorkdirPath.state, WorkdirPath.done, WorkdirPath.healthy] {
            try workdir.remove(marker)
        }
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
