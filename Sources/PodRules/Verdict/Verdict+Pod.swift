extension Verdict {
    /// The rules, in the order in which they count.
    package init(for pod: PodFacts) {
        let sidecars = pod.sidecars
        let mains = pod.mains
        if let reason = Self.reasonToLeave(pod, sidecars: sidecars, mains: mains) {
            self = .leave(reason)
            return
        }
        guard let result = pod.result else {
            self = .wait(mains: mains.filter(\.isOpen).map(\.name).sorted())
            return
        }
        let open = pod.openSidecars.sorted { $0.name < $1.name }
        self = open.isEmpty ? .done(result) : .terminate(open, result)
    }

    private static func reasonToLeave(
        _ pod: PodFacts, sidecars: [ContainerFacts], mains: [ContainerFacts]
    ) -> Reason? {
        if pod.restartPolicy == .always { return .restartsAlways }
        if sidecars.isEmpty, pod.missingPrimary == nil { return .unmarked }
        if pod.isDisabled { return .disabled }
        if pod.isBeingDeleted { return .beingDeleted }
        // A phase that we hold is our own word and not the kubelet's: the pod is followed until it is closed.
        if pod.isFinished, !pod.progress.holds { return .finished }
        if let name = pod.missingPrimary { return .missingPrimary(name) }
        if mains.isEmpty { return .nothingMain }
        return nil
    }
}
