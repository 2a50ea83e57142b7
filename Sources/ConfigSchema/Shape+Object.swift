internal import Basics
internal import YAMLTree

extension Shape where Value: Configurable {
    /// A mapping with exactly the fields of `Value`. `null` means that a field is left out.
    package static func object() -> Shape {
        Shape(schema: objectSchema, decode: decodeObject, show: { _ in nil })
    }

    private static var objectSchema: [JSONValue.Member] {
        let required = Value.fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        return [.init("type", "object")]
            + (required.isEmpty ? [] : [.init("required", .array(required))])
            + [
                .init("additionalProperties", false),
                .init("properties", .object(Value.fields.map { .init($0.name, $0.schema) })),
            ]
    }

    @Sendable private static func decodeObject(_ node: YAMLNode, _ decoding: inout Decoding) -> Value? {
        guard let mapping = node.mapping else {
            decoding.report("expected a mapping, found \(node.kindInWords)", at: node.mark)
            return nil
        }
        let before = decoding.problems.count
        var value = Value()
        for pair in mapping.pairs {
            guard let field = Value.fields.first(where: { $0.name == pair.key }) else {
                decoding.at(field: pair.key) { $0.report(unknown(pair.key), at: pair.keyMark) }
                continue
            }
            let isLeftOut = !field.isRequired && pair.value.scalar?.isNull == true && pair.value.tag == nil
            if !isLeftOut { decoding.at(field: field.name) { field.decode(pair.value, &value, &$0) } }
        }
        for field in Value.fields where field.isRequired && mapping[field.name] == nil {
            decoding.at(field: field.name) { $0.report("must be given", at: node.mark) }
        }
        guard decoding.problems.count == before else { return nil }
        value.check(&decoding, at: node.mark)
        return decoding.problems.count == before ? value : nil
    }

    private static func unknown(_ name: String) -> String {
        let names = Value.fields.map(\.name)
        let suggestion = Spelling.nearest(to: name, among: names).map { "did you mean \($0)?" }
        return "no such field; " + (suggestion ?? "there are \(names.joined(separator: ", "))")
    }
}
