internal import Basics
internal import YAMLTree

/// Which object an event is about, precise enough to tell it from a later one of the same name.
public struct ObjectReference: Sendable, Hashable {
    public var apiVersion: String
    public var kind: String
    /// Empty for what has no namespace.
    public var namespace: String
    public var name: String
    public var uid: String
    /// A part of the object, as `spec.containers{main}`; may be empty.
    public var fieldPath: String

    public init(
        apiVersion: String, kind: String, namespace: String = "", name: String, uid: String = "", fieldPath: String = ""
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.fieldPath = fieldPath
    }

    var json: JSONValue {
        func present(_ text: String) -> JSONValue? { text.isEmpty ? nil : .string(text) }
        return .object(present: [
            "apiVersion": present(apiVersion), "kind": present(kind), "namespace": present(namespace),
            "name": present(name), "uid": present(uid), "fieldPath": present(fieldPath),
        ])
    }
}
