internal import KubeModel
internal import PodRules

/// What the owner of a pod could do so that it ends, where the terminator leaves it alone.
enum Advice {
    static func lines(for pod: PodFacts, _ verdict: Verdict) -> [String] {
        guard !pod.isBeingDeleted, !pod.isFinished else { return [] }
        let failing = pod.failingStart.map { failing in
            "native sidecar \(failing.sidecar) does not start (\(failing.reason); restarts: \(failing.restarts)), and main starts "
                + "only after it: kubectl logs \(pod.key.name) -n \(pod.key.namespace) -c \(failing.sidecar) --previous; "
                + doWithout
        }
        let lines = [failing].compactMap(\.self)
        guard !pod.isDisabled else { return lines }
        return lines + [marking(pod, verdict), naming(pod)].compactMap(\.self)
    }

    /// Where a native sidecar keeps main from starting.
    static let doWithout =
        "label the pod's template \(WellKnownNames.Label.convert)=\(WellKnownNames.Label.disabled) if main can do without it"

    /// Containers that run on and that nobody has marked, where its main container has ended by all that tells of it.
    static func hanging(_ pod: PodFacts, _ verdict: Verdict) -> [String] {
        guard pod.job != nil, pod.restartPolicy != .always, mains(of: pod).allSatisfy({ $0.end != nil }) else {
            return []
        }
        return unmarked(pod, verdict)
    }

    /// What runs on while something has ended: that may be a sidecar which nobody has marked.
    private static func unmarked(_ pod: PodFacts, _ verdict: Verdict) -> [String] {
        guard case .leave(.unmarked) = verdict, !pod.isBeingDeleted, !pod.isFinished, !pod.isDisabled,
            pod.containers.contains(where: { !$0.isOpen })
        else { return [] }
        let mains = mains(of: pod).map(\.name)
        return pod.containers.filter { $0.isOpen && !mains.contains($0.name) }.map(\.name)
    }

    /// How to mark what runs on; `nil` where that does not arise.
    private static func marking(_ pod: PodFacts, _ verdict: Verdict) -> String? {
        let names = unmarked(pod, verdict)
        guard !names.isEmpty else { return nil }
        let value = names.joined(separator: ",")
        return "if \(names.joined(separator: ", ")) should end with the others: kubectl annotate pod \(pod.key.name) "
            + "-n \(pod.key.namespace) \(WellKnownNames.Annotation.sidecars)=\(value)"
            + (pod.hasSidecarsAnnotation ? " --overwrite" : "")
    }

    /// How to name main where the annotation names no container.
    private static func naming(_ pod: PodFacts) -> String? {
        guard pod.missingPrimary != nil, pod.restartPolicy != .always, let main = mains(of: pod).first else {
            return nil
        }
        return "if \(main.name) is its main container: kubectl annotate pod \(pod.key.name) -n \(pod.key.namespace) "
            + "\(WellKnownNames.Annotation.primaryContainer)=\(main.name) --overwrite"
    }

    /// The container that the Job is named after, or that kubectl takes, or all that are no known sidecars and have ended.
    private static func mains(of pod: PodFacts) -> [ContainerFacts] {
        for name in [pod.job?.name, pod.defaultContainer].compactMap(\.self) {
            if let main = pod.containers.first(where: { $0.name == name }), pod.containers.count > 1 { return [main] }
        }
        let strangers = pod.containers.filter { KnownSidecar.named($0.name, image: $0.image) == nil }
        let ended = (strangers.isEmpty ? pod.containers : strangers).filter { !$0.isOpen }
        return ended.isEmpty ? strangers : ended
    }
}
