internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import OperatorConfiguration
internal import PodRules
internal import Synchronization

/// Which pods are followed.
enum PodScope {
    /// A pod that is finished needs nobody; phase alone says no more than that (see `Verdict`).
    private static let fieldSelector = "spec.restartPolicy!=Always,status.phase!=Succeeded,status.phase!=Failed"

    static func scope(_ options: TerminatorOptions, _ configuration: TerminatorConfiguration) -> WatchScope {
        WatchScope(
            .pods, namespace: options.namespace, labelSelector: configuration.labelSelector ?? "",
            fieldSelector: fieldSelector, encoding: .protobuf)
    }

    /// Those whose phase we hold: finished by their phase, although a sidecar runs on. Whoever leads next, or led when the
    /// watch broke, finds them here until they are closed.
    static func heldScope(_ options: TerminatorOptions, _ configuration: TerminatorConfiguration) -> WatchScope {
        var scope = scope(options, configuration)
        scope.fieldSelector = ""
        scope.labelSelector = [scope.labelSelector, WellKnownNames.Label.held].filter { !$0.isEmpty }
            .joined(separator: ",")
        return scope
    }
}

/// What is kept of each marked pod: where it is, and a digest by which a change that matters is noticed. The rest is
/// read again when something is to be done.
package struct PodRecord: Sendable, Equatable {
    /// `namespace/name` in one text: at a hundred thousand pods every allocation counts.
    private let path: String
    /// 0 while nothing is to be done.
    private let digest: Int

    init(_ pod: PodFacts) {
        path = "\(pod.key)"
        switch pod.verdict {
        case .terminate, .done: digest = Self.digest(of: pod)
        case .leave(let reason): digest = reason.isMistake ? 1 : 0
        case .wait: digest = 0
        }
    }

    /// Whether somebody has to look at the pod.
    var isPressing: Bool { digest != 0 }

    var key: ObjectKey {
        let parts = path.split(separator: "/", maxSplits: 1)
        return ObjectKey(namespace: String(parts.first ?? ""), name: String(parts.last ?? ""))
    }

    private static func digest(of pod: PodFacts) -> Int {
        var hasher = Hasher()
        hasher.combine(pod.phase)
        hasher.combine(pod.isTrackedByJob)
        hasher.combine(pod.isConcluded)
        hasher.combine(pod.memory)
        for container in pod.containers {
            hasher.combine(container.restartCount)
            hasher.combine(container.isOpen)
            hasher.combine(container.isRunning)
            hasher.combine(container.waitingReason)
        }
        let digest = hasher.finalize()
        return digest == 0 || digest == 1 ? 2 : digest
    }
}

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
