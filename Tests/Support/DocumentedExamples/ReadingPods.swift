import KubeModel

/// The containers of a pod that still run, out of the JSON that the API server answers; `nil` for a pod of somebody else.
public func runningContainers(in answer: [UInt8]) throws -> [String]? {
    // Pods without this label are passed over. Of labels, annotations and variables nothing else is kept.
    let ours: NameSet = ["example.com/batch"]
    let selection = PodSelection(marks: .init(labels: ours), environment: [], annotations: [], labels: ours)
    guard let pod = try selection.pod(.json, in: answer.span) else { return nil }
    return pod.status.containerStatuses.compactMap { container in
        if case .running = container.state { container.name } else { nil }
    }
}
