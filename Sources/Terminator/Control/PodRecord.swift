internal import KubeModel
internal import PodRules

/// What is kept of each marked pod: where it is, and a digest by which a change that matters is noticed. The rest is
/// read again when something is to be done.
package struct PodRecord: Sendable, Equatable {
    /// `namespace/name` in one text: at a hundred thousand pods every allocation counts.
    private let path: String
    /// 0 while nothing is to be done.
    private let digest: Int

    init(_ pod: PodFacts) {
        path = "\(pod.key)"
        switch Verdict(for: pod) {
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
        hasher.combine(pod.progress.description)
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
