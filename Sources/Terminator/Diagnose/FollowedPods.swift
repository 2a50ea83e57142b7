internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Synchronization

/// Pods as a watch brought them, between the informer that writes and the loop that looks once a second.
final class FollowedPods: Sendable {
    private struct State {
        var pods: [ObjectUID: Pod] = [:]
        var touched: Set<ObjectUID> = []
        var isSynced = false
    }

    private let state = Mutex(State())

    func apply(_ changes: [ObjectChange<Pod>]) {
        state.withLock { state in
            for change in changes {
                switch change {
                case .added(let uid, let pod), .updated(let uid, _, let pod):
                    state.pods[uid] = pod
                    state.touched.insert(uid)
                case .removed(let uid, _):
                    state.pods[uid] = nil
                    state.touched.insert(uid)
                case .synced: state.isSynced = true
                }
            }
        }
    }

    /// Those that changed since the last time, and others that are wanted; `nil` in place of one that is gone.
    ///
    /// - Returns: `nil` until all have been seen once.
    func take(and others: Set<ObjectUID>) -> [ObjectUID: Pod?]? {
        state.withLock { state in
            guard state.isSynced else { return nil }
            defer { state.touched = [] }
            let wanted = state.touched.union(others)
            return Dictionary(wanted.map { ($0, state.pods[$0]) }, uniquingKeysWith: { $1 })
        }
    }

    /// Could not be looked at; again the next time.
    func putBack(_ uid: ObjectUID) { state.withLock { _ = $0.touched.insert(uid) } }
}
