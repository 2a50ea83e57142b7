internal import KubeClient
internal import Synchronization

/// The informer of pods, for those who come to know of it before it is there.
final class PodFollower: Sendable {
    private let informer = Mutex<Informer<PodRecord>?>(nil)

    func follow(_ informer: Informer<PodRecord>) { self.informer.withLock { $0 = informer } }

    var hasSynced: Bool { informer.withLock { $0 }?.hasSynced ?? false }

    func relist() { informer.withLock { $0 }?.relist() }
}
