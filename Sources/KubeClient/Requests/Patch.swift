public import Basics
internal import YAMLTree

/// A change to an object, in one of the four languages that the API server speaks.
public enum Patch: Sendable, Equatable {
    /// RFC 6902: operations, which may `test` what they rely on.
    case json([Operation])
    /// RFC 7386: lists are replaced whole.
    case merge(JSONValue)
    /// Kubernetes' own: lists of named things merge by name. Built-in kinds only.
    case strategic(JSONValue)
    /// Server-side apply: these fields, all of them and no others, are the manager's. `force` takes over those of others.
    case apply(JSONValue, force: Bool)

    public enum Operation: Sendable, Equatable {
        case add(String, JSONValue)
        case replace(String, JSONValue)
        case remove(String)
        /// Fails the whole patch (422) unless the value is there.
        case test(String, JSONValue)

        /// A path of RFC 6901 from its unescaped parts.
        public static func pointer(_ parts: String...) -> String {
            parts.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        }

        var json: JSONValue {
            switch self {
            case .add(let path, let value): ["op": "add", "path": .string(path), "value": value]
            case .replace(let path, let value): ["op": "replace", "path": .string(path), "value": value]
            case .remove(let path): ["op": "remove", "path": .string(path)]
            case .test(let path, let value): ["op": "test", "path": .string(path), "value": value]
            }
        }
    }

    var contentType: String {
        switch self {
        case .json: "application/json-patch+json"
        case .merge: "application/merge-patch+json"
        case .strategic: "application/strategic-merge-patch+json"
        // JSON is YAML.
        case .apply: "application/apply-patch+yaml"
        }
    }

    var body: [UInt8] {
        let value: JSONValue =
            switch self {
            case .json(let operations): .array(operations.map(\.json))
            case .merge(let value), .strategic(let value), .apply(let value, _): value
            }
        return Array(value.text.utf8)
    }

    /// Whether a second time changes nothing more. Operations on lists may; a merge with a version conflicts with itself.
    var isIdempotent: Bool {
        switch self {
        case .json, .strategic: false
        case .merge(let value): !Self.namesVersion(value)
        case .apply: true
        }
    }

    private static func namesVersion(_ value: JSONValue) -> Bool {
        guard case .object(let members) = value,
            case .object(let metadata)? = members.first(where: { $0.name == "metadata" })?.value
        else { return false }
        return metadata.contains { $0.name == "resourceVersion" }
    }
}
