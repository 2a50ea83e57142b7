/// A kind of objects that the server has, and what may be done with it.
public struct ResourceType: Sendable, Hashable {
    public var group: String
    public var version: String
    /// As in paths: `pods`.
    public var plural: String
    public var singular: String
    public var kind: String
    public var isNamespaced: Bool
    public var shortNames: [String]
    public var categories: [String]
    /// Beneath an object: `status`, `log` …
    public var subresources: [String]
    public var verbs: [String]
    /// Where the objects are kept. Two types that share it are two views of the same objects.
    public var storage: String

    public init(
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

    public static let allVerbs = [
        "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
    ]

    /// `batch/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// `jobs.batch`, as messages name it.
    var qualified: String { group.isEmpty ? plural : "\(plural).\(group)" }
}
