public import KubeModel

/// One line of a group version's discovery document.
public struct ServedResource: Sendable, Equatable {
    public var resource: APIResource
    /// `get`, `list`, `watch`, `create`, …
    public var verbs: Set<String>
    /// Such as `status` and `exec`.
    public var subresources: Set<String>
    public var shortNames: [String]

    public init(
        resource: APIResource, verbs: Set<String> = [], subresources: Set<String> = [], shortNames: [String] = []
    ) {
        self.resource = resource
        self.verbs = verbs
        self.subresources = subresources
        self.shortNames = shortNames
    }
}
