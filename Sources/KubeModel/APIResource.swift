/// A kind of object as the API serves it: where it lives and what it is called.
public struct APIResource: Sendable, Hashable {
    /// Empty for the core group.
    public var group: String
    public var version: String
    /// The plural in lower case, as it stands in paths.
    public var plural: String
    public var kind: String
    public var isNamespaced: Bool

    public init(group: String, version: String, plural: String, kind: String, isNamespaced: Bool = true) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
        self.isNamespaced = isNamespaced
    }

    /// As objects carry it: `v1`, `batch/v1`.
    public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    public static let pods = APIResource(group: "", version: "v1", plural: "pods", kind: "Pod")
    public static let namespaces = APIResource(
        group: "", version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false)
    public static let nodes = APIResource(
        group: "", version: "v1", plural: "nodes", kind: "Node", isNamespaced: false)
    public static let jobs = APIResource(group: "batch", version: "v1", plural: "jobs", kind: "Job")
    public static let cronJobs = APIResource(group: "batch", version: "v1", plural: "cronjobs", kind: "CronJob")
    public static let secrets = APIResource(group: "", version: "v1", plural: "secrets", kind: "Secret")
    public static let mutatingWebhookConfigurations = APIResource(
        group: "admissionregistration.k8s.io", version: "v1", plural: "mutatingwebhookconfigurations",
        kind: "MutatingWebhookConfiguration", isNamespaced: false)
    public static let leases = APIResource(
        group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease")
    public static let events = APIResource(group: "events.k8s.io", version: "v1", plural: "events", kind: "Event")
}

/// Which object of its kind: unique at any one time, not over time (see `uid`).
public struct ObjectKey: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Empty for what has no namespace.
    public var namespace: String
    public var name: String

    public init(namespace: String = "", name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// `namespace/name`, as kubectl and client-go write it.
    public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

    public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
