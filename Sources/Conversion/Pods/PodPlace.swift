/// Where a pod stands in a document.
package struct PodPlace {
    package let spec: SourceNode
    /// The pod's own metadata, not its owner's.
    package let metadata: SourceNode?
    package let podFailurePolicy: SourceNode?
    /// What leads to `spec`, from the root.
    package let above: [SourceNode]
}
