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
