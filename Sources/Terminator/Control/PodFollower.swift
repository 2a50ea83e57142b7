internal import KubeClient
internal import KubeRuntime
internal import Synchronization

/// The informers of pods, for those who come to know of them before they are there.
final class PodFollower: Sendable {
    private struct State {
        var informers: [Informer<PodRecord>] = []
        var synced = 0
    }

    private let state = Mutex(State())
    /// How many there will be.
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    func follow(_ informer: Informer<PodRecord>) { state.withLock { $0.informers.append(informer) } }

    /// One of them has told the whole state.
    ///
    /// - Returns: whether all have now.
    func noteSynced() -> Bool {
        state.withLock { state in
            state.synced += 1
            return state.synced == count
        }
    }

    var hasSynced: Bool { state.withLock { $0.synced >= count } }

    func relist() { for informer in state.withLock({ $0.informers }) { informer.relist() } }
}
