internal import KubeModel
internal import PodRules

/// What the owner of a pod could do so that it ends, where the terminator leaves it alone.
enum Advice {
    static func lines(for pod: PodFacts, _ verdict: Verdict) -> [String] {
        let restarting = pod.containers.filter { $0.restartPolicy == .always && pod.restartPolicy != .always }.map {
            "\($0.name) has restartPolicy: Always among the regular containers, so it never ends and the pod never does: a "
                + "native sidecar stands among the initContainers (kpipe-sidecar render convert --sidecar \($0.name))"
        }
        guard !pod.isBeingDeleted, !pod.isFinished else { return [] }
        let failing = pod.failingStart.map { failing in
            "native sidecar \(failing.sidecar) does not start (\(failing.reason); restarts: \(failing.restarts)), and main starts "
                + "only after it: kubectl logs \(pod.key.name) -n \(pod.key.namespace) -c \(failing.sidecar) --previous; "
                + doWithout
        }
        let lines = [failing].compactMap(\.self)
        guard !pod.isDisabled else { return lines }
        return lines + restarting + (marking(pod, verdict).map { [$0] } ?? [])
    }

    /// Where a native sidecar keeps main from starting.
    static let doWithout =
        "label the pod's template \(WellKnownNames.Label.convert)=\(WellKnownNames.Label.disabled) if main can do without it"

    /// Whether its main container, by all that tells of it, has ended while others run on, and nobody has marked those.
    static func hangsUnmarked(_ pod: PodFacts, _ verdict: Verdict) -> Bool {
        pod.job != nil && pod.restartPolicy != .always && marking(pod, verdict) != nil
            && mains(of: pod).allSatisfy { $0.end != nil }
    }

    /// How to mark what runs on; `nil` where that does not arise.
    private static func marking(_ pod: PodFacts, _ verdict: Verdict) -> String? {
        guard case .leave(.unmarked) = verdict, !pod.isBeingDeleted, !pod.isFinished, !pod.isDisabled else {
            return nil
        }
        let mains = mains(of: pod).map(\.name)
        let open = pod.containers.filter { $0.isOpen && !mains.contains($0.name) }
        // Something has ended and something runs on: that may be a sidecar which nobody has marked.
        guard !open.isEmpty, pod.containers.contains(where: { !$0.isOpen }) else { return nil }
        let names = open.map(\.name)
        let value = names.joined(separator: ",")
        return "if \(names.joined(separator: ", ")) should end with the others: kubectl annotate pod \(pod.key.name) "
            + "-n \(pod.key.namespace) \(WellKnownNames.Annotation.sidecars)=\(value)"
            + (pod.hasSidecarsAnnotation ? " --overwrite" : "")
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
