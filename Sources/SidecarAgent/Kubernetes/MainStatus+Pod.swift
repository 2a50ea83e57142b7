internal import KubeModel
internal import PodRules

extension MainStatus {
    /// What a pod says about its main containers; `nil` while nothing can be said: none has started, or one waits to be
    /// started again. Which containers are main is the terminator's rule.
    ///
    /// Several have ended when all have; the first that failed speaks for them.
    init?(_ pod: Pod) {
        let facts = PodFacts(pod, rules: MarkerRules())
        let ends = facts.mains.compactMap { main in
            if case .terminated(let end) = main.state { end } else { nil }
        }
        guard let first = ends.first, ends.count == facts.mains.count else {
            guard facts.mains.contains(where: \.isRunning) else { return nil }
            self = .running
            return
        }
        let spokesman = ends.first { $0.exitCode != 0 } ?? first
        self = .terminated(
            exitCode: spokesman.exitCode, reason: spokesman.reason,
            final: facts.isBeingDeleted || facts.mains.allSatisfy { $0.end != nil })
    }
}
