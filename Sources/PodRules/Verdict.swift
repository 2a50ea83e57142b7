/// What is to be done about a pod. A function of the pod alone, whatever the order of its containers and statuses.
package enum Verdict: Sendable, Equatable {
    /// None of our business, or not to be touched.
    case leave(Reason)
    /// These main containers have not ended; by name, in order.
    case wait(mains: [String])
    /// Main has ended and these sidecars, by name in order, keep the pod open.
    case terminate([ContainerFacts], MainResult)
    /// Main has ended and no sidecar is open.
    case done(MainResult)

    package enum Reason: Sendable, Equatable {
        case unmarked
        case restartsAlways
        case disabled
        /// The cluster's own.
        case systemPod
        case beingDeleted
        case finished
        /// Every container is marked as a sidecar.
        case nothingMain
        /// The container named as the main one does not exist.
        case missingPrimary(String)
    }
}

extension Verdict.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unmarked: "no container is marked as a sidecar"
        case .restartsAlways: "its restart policy is Always, so it is not meant to end"
        case .disabled: "its annotation switches the terminator off"
        case .systemPod: "it is one of the cluster's own, and the configuration does not ask for those (systemPods)"
        case .beingDeleted: "it is being deleted"
        case .finished: "it has finished"
        case .nothingMain: "every container is marked as a sidecar, so nothing says when its work is done"
        case .missingPrimary(let name): "the container \(name), named as its main one, does not exist"
        }
    }

    /// Whether somebody has to be told, because the pod will stay open and its author meant otherwise.
    package var isMistake: Bool {
        switch self {
        case .nothingMain, .missingPrimary: true
        case .unmarked, .restartsAlways, .disabled, .systemPod, .beingDeleted, .finished: false
        }
    }
}

extension Verdict {
    /// The rules, in the order in which they count.
    ///
    /// - Parameter holdsPhase: the pod's phase is the terminator's own word and not the kubelet's.
    package init(for pod: PodFacts, holdsPhase: Bool) {
        let sidecars = pod.sidecars
        let mains = pod.mains
        if let reason = Self.reasonToLeave(pod, holdsPhase: holdsPhase, sidecars: sidecars, mains: mains) {
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
        _ pod: PodFacts, holdsPhase: Bool, sidecars: [ContainerFacts], mains: [ContainerFacts]
    ) -> Reason? {
        if pod.restartPolicy == .always { return .restartsAlways }
        if sidecars.isEmpty, pod.missingPrimary == nil { return .unmarked }
        if pod.isDisabled { return .disabled }
        if pod.isSystemPod { return .systemPod }
        if pod.isBeingDeleted { return .beingDeleted }
        // A pod whose phase is held is followed until it is closed.
        if pod.isFinished, !holdsPhase { return .finished }
        if let name = pod.missingPrimary { return .missingPrimary(name) }
        if mains.isEmpty { return .nothingMain }
        return nil
    }
}

/// How the main containers ended: what the pod's and its Job's result is to be.
package enum MainResult: Sendable, Equatable {
    case succeeded
    case failed

    /// The pod's phase for this result.
    package var phase: String {
        switch self {
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        }
    }
}
