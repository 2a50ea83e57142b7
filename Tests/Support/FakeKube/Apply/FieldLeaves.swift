import Basics
import YAMLTree

/// The smallest parts of an object that a manager can own, and their values.
struct FieldLeaves {
    private(set) var values: [FieldPath: JSONValue] = [:]
    private let schema: KubeSchema

    var paths: Set<FieldPath> { Set(values.keys) }

    init(of object: JSONValue, _ message: SchemaMessage?, schema: KubeSchema = .builtIn) {
        self.schema = schema
        for member in object.members ?? [] where member.name != "apiVersion" && member.name != "kind" {
            let path = FieldPath(["f:\(member.name)"])
            guard member.name == "metadata" else {
                walk(member.value, message?.field(member.name, in: schema), at: path)
                continue
            }
            let metadata = schema.message("meta.ObjectMeta")
            for inner in member.value.members ?? [] where Self.owned.contains(inner.name) {
                walk(inner.value, metadata?.field(inner.name, in: schema), at: path.appending("f:\(inner.name)"))
            }
        }
    }

    /// Of metadata; all else there is the server's.
    private static let owned = ["labels", "annotations", "finalizers", "ownerReferences", "generateName"]

    private mutating func walk(_ value: JSONValue, _ field: SchemaField?, at path: FieldPath) {
        if case .array(let elements) = value, let keys = field?.listKeys, !elements.isEmpty {
            for element in elements {
                guard !keys.isEmpty else {
                    values[path.appending("v:\(element.text)")] = element
                    continue
                }
                let place = path.appending(FieldPath.key(of: element, keys))
                values[place.appending(".")] = .null
                walk(members: element, field.flatMap { schema.message(of: $0) }, at: place)
            }
        } else if let members = value.members, !members.isEmpty, !isOneValue(field) {
            if field?.shape == .map {
                for entry in members { values[path.appending("f:\(entry.name)")] = entry.value }
            } else {
                walk(members: value, field.flatMap { schema.message(of: $0) }, at: path)
            }
        } else {
            values[path] = value
        }
    }

    private mutating func walk(members value: JSONValue, _ message: SchemaMessage?, at path: FieldPath) {
        for member in value.members ?? [] {
            walk(member.value, message?.field(member.name, in: schema), at: path.appending("f:\(member.name)"))
        }
    }

    private func isOneValue(_ field: SchemaField?) -> Bool {
        if case .message(let name)? = field?.value { KubeSchema.isScalarInJSON(name) } else { false }
    }
}
