/// A kind of objects that the server has, and what may be done with it.
package struct ResourceType: Sendable, Hashable {
    package var group: String
    package var version: String
    /// As in paths: `pods`.
    package var plural: String
    package var singular: String
    package var kind: String
    package var isNamespaced: Bool
    package var shortNames: [String]
    package var categories: [String]
    /// Beneath an object: `status`, `log` …
    package var subresources: [String]
    package var verbs: [String]
    /// Where the objects are kept. Two types that share it are two views of the same objects.
    package var storage: String

    package init(
        _ apiVersion: String, _ plural: String, _ kind: String, namespaced: Bool = true, short: [String] = [],
        categories: [String] = [], subresources: [String] = [], verbs: [String] = ResourceType.allVerbs,
        storage: String? = nil
    ) {
        let parts = apiVersion.split(separator: "/").map(String.init)
        group = parts.count == 2 ? parts[0] : ""
        version = parts.last ?? ""
        self.plural = plural
        self.kind = kind
        singular = kind.lowercased()
        isNamespaced = namespaced
        shortNames = short
        self.categories = categories
        self.subresources = subresources
        self.verbs = verbs
        self.storage = storage ?? (group.isEmpty ? plural : "\(plural).\(group)")
    }

    package static let allVerbs = [
        "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
    ]

    /// `batch/v1`.
    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `jobs.batch`, as messages name it.
    var qualified: String { group.isEmpty ? plural : "\(plural).\(group)" }
}
