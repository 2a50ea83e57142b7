package import PodRules

/// A container that is to be stopped now.
package struct StopOrder: Sendable, Equatable {
    package var container: String
    /// As the runtime knows it, without the kubelet's scheme.
    package var runtimeID: String
    /// Between SIGTERM and SIGKILL.
    package var grace: Duration
    /// Whether there is a SIGKILL.
    package var kills: Bool

    package init(container: String, runtimeID: String, grace: Duration, kills: Bool) {
        self.container = container
        self.runtimeID = runtimeID
        self.grace = grace
        self.kills = kills
    }

    /// What `cue` asks for and the pod's own state demands: main has ended, the container is a sidecar that runs, and it
    /// is the very instance that the cue names. A forged cue ends nothing that would not be ended anyway.
    package static func orders(for pod: PodFacts, cue: StopCue) -> [StopOrder] {
        guard case .terminate(let sidecars, let result) = pod.verdict else { return [] }
        return sidecars.compactMap { sidecar in
            guard sidecar.isRunning, cue.containers[sidecar.name] == sidecar.containerID,
                let id = runtimeID(sidecar.containerID)
            else { return nil }
            return StopOrder(
                container: sidecar.name, runtimeID: id, grace: .seconds(pod.stopGrace),
                kills: !pod.isToSurvive(sidecar, result))
        }
    }

    /// `containerd://ID`, as the kubelet writes it.
    private static func runtimeID(_ containerID: String) -> String? {
        let parts = containerID.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
    }
}

extension PodFacts {
    /// Whether SIGKILL could decide what becomes of the pod, so that a sidecar that takes longer on SIGTERM than its grace is
    /// rather left to the next rung. Not where `hold` is taken from its ladder: who does that wants it ended.
    func isToSurvive(_ sidecar: ContainerFacts, _ result: MainResult) -> Bool {
        sidecar.ladder.contains(.hold)
            && (result == .succeeded || job != nil || sidecar.restarts(after: Self.killed))
    }

    private static let killed: Int32 = 137
}

/// The terminator's request to the node agent, as an annotation on the pod: `container=container id`, separated by
/// commas. It is a cue and no order: whoever acts on it decides anew what is to be stopped.
package struct StopCue: Sendable, Equatable {
    /// The kubelet's container ids (`containerd://…`) by container.
    package var containers: [String: String]

    package init(_ containers: [String: String] = [:]) { self.containers = containers }

    /// What cannot be read is left out: anybody who may change pods may write here.
    package init(annotation: String) {
        containers = [:]
        for entry in annotation.split(separator: ",") {
            let parts = entry.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { containers[String(parts[0])] = String(parts[1]) }
        }
    }

    package var annotation: String {
        containers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}
