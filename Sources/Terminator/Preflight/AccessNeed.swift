/// One verb that the terminator has to be allowed, as a SelfSubjectAccessReview asks about it.
package struct AccessNeed: Sendable, Hashable {
    package var verb: String
    package var group: String
    /// `pods`
    package var resource: String
    /// `status`; empty for the object itself.
    package var subresource: String
    /// Where; `nil`: in all namespaces.
    package var namespace: String?
    /// What it is needed for, in words.
    package var purpose: String
    /// Without it nothing works; else some rungs or some convenience are missing.
    package var isEssential: Bool

    /// - Parameter resource: with its subresource: `pods/status`.
    package init(
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
