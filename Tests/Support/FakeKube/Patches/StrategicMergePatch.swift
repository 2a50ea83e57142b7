import Basics
import YAMLTree

/// Kubernetes' own merge patch: lists whose schema names a key merge element by element, and `$patch`, `$retainKeys` and
/// `$deleteFromPrimitiveList` say what merging cannot. `$setElementOrder` is not followed.
struct StrategicMergePatch {
    struct Failure: Error {
        var message: String
    }

    private let schema: KubeSchema

    static func apply(_ patch: JSONValue, to target: JSONValue, _ message: SchemaMessage, schema: KubeSchema = .builtIn)
        throws(Failure) -> JSONValue
    {
        try StrategicMergePatch(schema: schema).merge(patch, into: target, message) ?? .object([])
    }

    /// `nil`: the patch removes the target.
    private func merge(_ patch: JSONValue, into target: JSONValue?, _ message: SchemaMessage?) throws(Failure)
        -> JSONValue?
    {
        guard let changes = patch.members else { return patch }
        if let message, KubeSchema.isScalarInJSON(message.name) { return patch }
        switch patch["$patch"]?.string {
        case "delete"?: return nil
        case "replace"?: return withoutDirectives(patch)
        case nil, "merge"?: break
        case let other?: throw Failure(message: "Unknown patch type found: \(other)")
        }
        var result = JSONValue.object(target?.members ?? [])
        if let kept = patch["$retainKeys"]?.array {
            result = .object((result.members ?? []).filter { kept.contains(.string($0.name)) })
        }
        for change in changes {
            if change.name.hasPrefix("$") {
                drop(change, from: &result)
                continue
            }
            if change.value.isNull {
                result[change.name] = nil
                continue
            }
            let field = message?.field(change.name, in: schema)
            let inner = field.flatMap { schema.message(of: $0) }
            if let field, field.shape == .list, let key = field.patchMergeKey, let elements = change.value.array {
                let old = result[change.name]?.array ?? []
                result[change.name] = .array(
                    key.isEmpty ? union(old, elements) : try merge(elements, into: old, by: key, inner))
            } else if change.value.members != nil {
                result[change.name] = try merge(change.value, into: result[change.name], inner)
            } else {
                result[change.name] = change.value
            }
        }
        return result
    }

    private func merge(
        _ elements: [JSONValue], into old: [JSONValue], by key: String, _ message: SchemaMessage?
    ) throws(Failure) -> [JSONValue] {
        if elements.contains(where: { $0["$patch"]?.string == "replace" }) {
            return elements.filter { $0["$patch"] == nil }
        }
        var named: [JSONValue] = []
        for element in elements {
            guard let name = element[key] else {
                throw Failure(message: "map: \(Self.asGoPrints(element)) does not contain declared merge key: \(key)")
            }
            if let merged = try merge(element, into: old.first { $0[key] == name }, message) { named.append(merged) }
        }
        let others = old.filter { candidate in !elements.contains { $0[key] == candidate[key] } }
        return Self.inOrder(named, others) { element in old.firstIndex { $0[key] == element[key] } }
    }

    /// What the patch names stands in the patch's order, whatever its order was; each of the others comes before the
    /// first of those that it came before.
    private static func inOrder(
        _ named: [JSONValue], _ others: [JSONValue], _ position: (JSONValue) -> Int?
    ) -> [JSONValue] {
        var (named, others) = (named[...], others[...])
        var result: [JSONValue] = []
        while let next = named.first, let other = others.first {
            if let mine = position(next), let its = position(other), mine < its {
                result.append(named.removeFirst())
            } else {
                result.append(others.removeFirst())
            }
        }
        return result + named + others
    }

    /// `map[image:exit:1]`.
    private static func asGoPrints(_ value: JSONValue) -> String {
        switch value {
        case .object(let members):
            "map["
                + members.sorted { $0.name < $1.name }.map { "\($0.name):\(asGoPrints($0.value))" }
                .joined(separator: " ") + "]"
        case .array(let elements): "[" + elements.map(asGoPrints).joined(separator: " ") + "]"
        case .string(let text): text
        default: value.text
        }
    }

    /// What is new comes first.
    private func union(_ old: [JSONValue], _ new: [JSONValue]) -> [JSONValue] {
        new + old.filter { !new.contains($0) }
    }

    private func drop(_ directive: JSONValue.Member, from target: inout JSONValue) {
        let prefix = "$deleteFromPrimitiveList/"
        guard directive.name.hasPrefix(prefix), let gone = directive.value.array else { return }
        let name = String(directive.name.dropFirst(prefix.count))
        if let values = target[name]?.array { target[name] = .array(values.filter { !gone.contains($0) }) }
    }

    private func withoutDirectives(_ patch: JSONValue) -> JSONValue {
        .object((patch.members ?? []).filter { !$0.name.hasPrefix("$") })
    }
}
