import KubeModel

/// What a terminator has to keep of a pod: enough to tell whether its main containers have ended.
struct StepRecord: Sendable, Equatable {
    /// Namespace, name and node, one behind the other: three texts would be three allocations.
    private var texts: String
    private var namespaceLength: UInt8
    private var nameLength: UInt8
    private var sidecars: UInt16 = 0
    private var ended: UInt16 = 0

    init?(_ pod: Pod) {
        texts = pod.metadata.namespace + pod.metadata.name + pod.spec.nodeName
        namespaceLength = UInt8(clamping: pod.metadata.namespace.utf8.count)
        nameLength = UInt8(clamping: pod.metadata.name.utf8.count)
        for (index, container) in pod.spec.containers.prefix(16).enumerated() {
            if container.env.contains(where: { $0.name == Self.marker }) { sidecars |= 1 << index }
            let status = pod.status.containerStatuses.first { $0.name == container.name }
            if case .terminated? = status?.state { ended |= 1 << index }
        }
        guard sidecars != 0 else { return nil }
    }

    static let marker = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"
}
