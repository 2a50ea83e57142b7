/// One verb that the terminator has to be allowed, as a SelfSubjectAccessReview asks about it.
public struct AccessNeed: Sendable, Hashable {
    public var verb: String
    public var group: String
    /// `pods`
    public var resource: String
    /// `status`; empty for the object itself.
    public var subresource: String
    /// Where; `nil`: in all namespaces.
    public var namespace: String?
    /// What it is needed for, in words.
    public var purpose: String
    /// Without it nothing works; else some rungs or some convenience are missing.
    public var isEssential: Bool

    /// - Parameter resource: with its subresource: `pods/status`.
    public init(
        _ verb: String, _ group: String, _ resource: String, in namespace: String?, for purpose: String,
        isEssential: Bool
    ) {
        let parts = resource.split(separator: "/", maxSplits: 1).map(String.init)
        self.verb = verb
        self.group = group
        self.resource = parts.first ?? ""
        subresource = parts.count == 2 ? parts[1] : ""
        self.namespace = namespace
        self.purpose = purpose
        self.isEssential = isEssential
    }

    /// `patch pods/status`
    var words: String {
        let path = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
        return "\(verb) \(path)\(group.isEmpty ? "" : ".\(group)")"
    }
}
