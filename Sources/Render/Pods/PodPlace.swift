/// Where a pod stands in a document.
struct PodPlace {
    let spec: SourceNode
    /// The pod's own metadata, not its owner's.
    let metadata: SourceNode?
    let podFailurePolicy: SourceNode?
    /// What leads to `spec`, from the root.
    let above: [SourceNode]
}
