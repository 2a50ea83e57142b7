import CLinux
import WorkdirProtocol

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
