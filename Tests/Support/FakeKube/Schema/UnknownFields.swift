import Basics
import YAMLTree

/// Members that the schema does not know: a typed server loses them as it decodes.
struct UnknownFields {
    private let schema: KubeSchema
    /// `spec.containers[0].restartPolicyy`, in the order in which they were met.
    private(set) var paths: [String] = []

    /// The object without them, and where they were.
    static func remove(from object: JSONValue, _ type: ResourceType, schema: KubeSchema = .builtIn)
        -> (object: JSONValue, paths: [String])
    {
        guard let message = schema.message(for: type) else { return (object, []) }
        var walk = UnknownFields(schema: schema)
        let known = walk.known(object, message, at: "", isRoot: true)
        return (known, walk.paths)
    }

    private init(schema: KubeSchema) { self.schema = schema }

    private mutating func known(_ value: JSONValue, _ message: SchemaMessage, at path: String, isRoot: Bool = false)
        -> JSONValue
    {
        guard let members = value.members, !KubeSchema.isScalarInJSON(message.name) else { return value }
        return .object(
            members.compactMap { member in
                if isRoot, member.name == "kind" || member.name == "apiVersion" { return member }
                let place = path.isEmpty ? member.name : "\(path).\(member.name)"
                guard let field = message.field(member.name, in: schema) else {
                    paths.append(place)
                    return nil
                }
                guard let inner = schema.message(of: field) else { return member }
                switch (field.shape, member.value) {
                case (.list, .array(let elements)):
                    let known = elements.enumerated().map { self.known($1, inner, at: "\(place)[\($0)]") }
                    return .init(member.name, .array(known))
                case (.map, .object(let entries)):
                    let known = entries.map { entry in
                        JSONValue.Member(entry.name, self.known(entry.value, inner, at: "\(place).\(entry.name)"))
                    }
                    return .init(member.name, .object(known))
                default: return .init(member.name, known(member.value, inner, at: place))
                }
            })
    }
}
