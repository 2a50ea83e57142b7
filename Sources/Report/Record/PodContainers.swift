import Basics
package import YAMLTree

/// What a pod's own object says for a record.
package struct PodContainers: Sendable, Equatable {
    package var node: String?
    package var job: String?
    package var containers: [RecordedContainer] = []

    /// - Parameters:
    ///   - pod: as the API server has it.
    ///   - mains: names of the containers that are main.
    package init(_ pod: YAMLNode, mains: Set<String>) {
        let (spec, status) = (pod["spec"], pod["status"])
        node = ClusterRecord.word(spec?["nodeName"])
        job = pod["metadata"]?["ownerReferences"]?.sequence?.first { $0["kind"]?.text == "Job" }?["name"]?.text
        for (list, states) in [("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")] {
            let statuses = status?[states]?.sequence ?? []
            for container in spec?[list]?.sequence ?? [] {
                guard let name = container["name"]?.text else { continue }
                let found = statuses.first { $0["name"]?.text == name }
                containers.append(RecordedContainer(container, found, isInit: list == "initContainers", mains: mains))
            }
        }
    }

}

extension RecordedContainer {
    fileprivate init(_ spec: YAMLNode, _ status: YAMLNode?, isInit: Bool, mains: Set<String>) {
        self.init()
        name = spec["name"]?.text
        // The agent is told its step by variables of ours.
        let isAgent = spec["env"]?.sequence?.contains { $0["name"]?.text?.hasPrefix("KPIPE_") == true } == true
        let isSidecar = !isInit || spec["restartPolicy"]?.text == "Always"
        role = name.map(mains.contains) == true ? "main" : !isSidecar ? "init" : isAgent ? "agent" : "sidecar"
        image = spec["image"]?.text
        requests = RecordedResources(spec["resources"]?["requests"])
        limits = RecordedResources(spec["resources"]?["limits"])
        guard let status else { return }
        imageID = status["imageID"]?.text
        restarts = status["restartCount"]?.text.flatMap { Int64($0) }.map { max(0, $0) } ?? 0
        let state = status["state"]
        if let ended = state?["terminated"] {
            (start, end) = (ClusterRecord.time(ended["startedAt"]), ClusterRecord.time(ended["finishedAt"]))
            exitCode = ended["exitCode"]?.text.flatMap { Int64($0) }
            reason = ended["reason"]?.text
        } else if let running = state?["running"] {
            start = ClusterRecord.time(running["startedAt"])
        } else {
            reason = state?["waiting"]?["reason"]?.text
        }
    }
}

extension RecordedResources {
    fileprivate init(_ amounts: YAMLNode?) {
        self.init()
        cpu = amounts?["cpu"]?.text.flatMap { Quantity($0) }.map { Int64($0.thousandths) }
        memory = amounts?["memory"]?.text.flatMap { Quantity($0) }.map { Int64($0.thousandths / 1000) }
    }
}
