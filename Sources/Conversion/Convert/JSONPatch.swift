package import Basics
package import YAMLTree

/// The operations of RFC 6902 that lead from one document to another. Mappings are looked into; lists and scalars that
/// differ are replaced whole.
package enum JSONPatch {
    package static func between(_ before: YAMLNode, _ after: YAMLNode) -> JSONValue {
        var operations: [JSONValue] = []
        compare(before, after, path: "", &operations)
        return .array(operations)
    }

    private static func compare(
        _ before: YAMLNode, _ after: YAMLNode, path: String, _ operations: inout [JSONValue]
    ) {
        guard before != after else { return }
        guard let old = before.mapping, let new = after.mapping else {
            return operations.append(operation("replace", path, after))
        }
        for pair in old.pairs {
            let inner = "\(path)/\(escaped(pair.key))"
            guard let value = new[pair.key] else {
                operations.append(["op": "remove", "path": .string(inner)])
                continue
            }
            compare(pair.value, value, path: inner, &operations)
        }
        for pair in new.pairs where old[pair.key] == nil {
            operations.append(operation("add", "\(path)/\(escaped(pair.key))", pair.value))
        }
    }

    private static func operation(_ name: String, _ path: String, _ value: YAMLNode) -> JSONValue {
        ["op": .string(name), "path": .string(path), "value": JSONValue(value)]
    }

    /// RFC 6901 §3.
    private static func escaped(_ key: String) -> String {
        key.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
