package import Basics
package import YAMLTree

/// A kind of value: how it is read and how a JSON Schema describes it. The two stand together so that the schema cannot
/// say anything but what the decoder does.
package struct Shape<Value: Sendable>: Sendable {
    package let schema: [JSONValue.Member]
    /// Reports what is wrong and returns `nil`, or returns the value.
    package let decode: @Sendable (YAMLNode, inout Decoding) -> Value?
    /// A default, as a schema shows it.
    package let show: @Sendable (Value) -> JSONValue?

    package init(
        schema: [JSONValue.Member], decode: @escaping @Sendable (YAMLNode, inout Decoding) -> Value?,
        show: @escaping @Sendable (Value) -> JSONValue?
    ) {
        self.schema = schema
        self.decode = decode
        self.show = show
    }
}

extension Shape {
    /// Reads a scalar's text with `parse`, which returns `nil` for what it does not accept.
    package static func scalar(
        _ schema: KeyValuePairs<String, JSONValue>, expected: String,
        show: @escaping @Sendable (Value) -> JSONValue?,
        parse: @escaping @Sendable (YAMLScalar) -> Value?
    ) -> Shape {
        Shape(
            schema: schema.map { .init($0.key, $0.value) },
            decode: { node, decoding in
                guard let scalar = Shape.plainScalar(node, &decoding, expected) else { return nil }
                if let value = parse(scalar) { return value }
                decoding.report("expected \(expected), found \(node.kindInWords)", at: node.mark)
                return nil
            }, show: show)
    }

    /// The scalar of a node that is neither null nor tagged with a type of its own.
    package static func plainScalar(_ node: YAMLNode, _ decoding: inout Decoding, _ expected: String) -> YAMLScalar? {
        if let tag = node.tag, tag != "tag:yaml.org,2002:str" && tag != "!" {
            decoding.report("expected \(expected); the tag \(tag) is not supported here", at: node.mark)
            return nil
        }
        guard let scalar = node.scalar, !scalar.isNull || node.tag != nil else {
            decoding.report("expected \(expected), found \(node.kindInWords)", at: node.mark)
            return nil
        }
        return scalar
    }

    /// The same shape with one more demand; `check` returns what is wrong.
    package func checked(
        _ more: KeyValuePairs<String, JSONValue> = [:], _ check: @escaping @Sendable (Value) -> String?
    ) -> Shape {
        let names = Set(more.map(\.key))
        return Shape(
            schema: schema.filter { !names.contains($0.name) } + more.map { .init($0.key, $0.value) },
            decode: { node, decoding in
                guard let value = decode(node, &decoding) else { return nil }
                guard let problem = check(value) else { return value }
                decoding.report(problem, at: node.mark)
                return nil
            }, show: show)
    }

    /// A list of such values.
    package var list: Shape<[Value]> {
        Shape<[Value]>(
            schema: [.init("type", "array"), .init("items", .object(schema))],
            decode: { node, decoding in
                guard let elements = node.sequence else {
                    decoding.report("expected a list, found \(node.kindInWords)", at: node.mark)
                    return nil
                }
                return elements.enumerated().compactMap { index, element in
                    decoding.at(index: index) { decode(element, &$0) }
                }
            }, show: { values in values.isEmpty ? .array([]) : nil })
    }
}
