/// Where a pod stands in a document.
package struct PodPlace {
    package let spec: SourceNode
    /// The pod's own metadata, not its owner's.
    package let metadata: SourceNode?
    package let podFailurePolicy: SourceNode?
    /// What leads to `spec`, from the root.
    package let above: [SourceNode]
    /// The object of the API that holds it: the document, or an item of a list.
    package let object: SourceNode

    /// The metadata of what holds the pod: of the object, and of a CronJob's Jobs.
    var outerMetadata: [SourceNode] {
        // Down from the object: a list around it has nothing to say.
        above.drop { $0.index != object.index }.dropLast().compactMap { $0.isMapping ? $0["metadata"] : nil }
            .filter { $0.index != metadata?.index }
    }
}
