internal import KubeModel

/// What the node agent keeps of a pod that carries a cue: where it is. All else is read when it matters.
struct CuedPod: Sendable, Equatable {
    var key: ObjectKey
    /// So that every change is looked at: a cue may have been there before main's end.
    private var version: String

    /// `nil` for a pod that nobody wants anything of.
    init?(_ pod: Pod) {
        guard pod.metadata.annotations[WellKnownNames.Annotation.stopCue]?.isEmpty == false else { return nil }
        key = pod.metadata.key
        version = pod.metadata.resourceVersion
    }

    /// Other pods are passed over on the wire.
    static let selection = PodSelection(
        marks: .init(annotations: [WellKnownNames.Annotation.stopCue]), environment: [],
        annotations: [WellKnownNames.Annotation.stopCue], labels: [])
}
