internal import Basics
internal import KubeClient
internal import KubeModel
internal import Synchronization

/// Pods as the watch just brought them, until somebody acts on them: saves reading them again. A plan made from one that
/// has changed meanwhile is refused by its precondition, and made again from what the server says then.
final class FreshPods: Sendable {
    struct Entry: Sendable {
        var pod: Pod
        /// When the watch brought it.
        var seen: Duration
    }

    private let pods = Mutex<[ObjectKey: Entry]>([:])
    private let time: Timepiece
    /// Beyond this many they are read again: memory stays bounded whatever ends at once.
    private static let limit = 2048

    init(_ time: Timepiece) {
        self.time = time
    }

    func put(_ pod: Pod) {
        let entry = Entry(pod: pod, seen: time.now())
        pods.withLock { pods in
            guard pods.count < Self.limit || pods[pod.metadata.key] != nil else { return }
            pods[pod.metadata.key] = entry
        }
    }

    func take(_ key: ObjectKey) -> Entry? { pods.withLock { $0.removeValue(forKey: key) } }
}
