internal import KubeModel
internal import PodRules

/// What the owner of a pod could do so that it ends, where the terminator leaves it alone.
enum Advice {
    static func lines(for pod: PodFacts, _ verdict: Verdict) -> [String] {
        guard case .leave(.unmarked) = verdict, !pod.isBeingDeleted, !pod.isFinished else { return [] }
        let open = pod.containers.filter(\.isOpen)
        // Something has ended and something runs on: that may be a sidecar which nobody has marked.
        guard !open.isEmpty, open.count < pod.containers.count else { return [] }
        let names = open.map(\.name).joined(separator: ",")
        return [
            "if \(names.replacing(",", with: ", ")) should end with the others: kubectl annotate pod \(pod.key.name) "
                + "-n \(pod.key.namespace) \(WellKnownNames.Annotation.sidecars)=\(names)"
        ]
    }
}
