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
