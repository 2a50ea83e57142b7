package import Basics
internal import WorkdirProtocol
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
                let before = decoding.problems.count
                guard let value = decode(node, &decoding) else { return nil }
                // What is wrong inside is told already, and the rest follows from it.
                guard decoding.problems.count == before, let problem = check(value) else { return value }
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

extension Shape<String> {
    /// Any text on one line, as it stands; numbers and `yes` are texts here.
    package static let text = Shape.scalar(
        ["type": "string", "minLength": 1], expected: "a text", show: { $0.isEmpty ? nil : .string($0) },
        parse: { $0.text.isEmpty || $0.text.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? nil : $0.text })

    /// A text in which placeholders are filled in.
    package static let template = Shape(
        schema: text.schema,
        decode: { node, decoding in
            guard let value = text.decode(node, &decoding) else { return nil }
            do throws(Decoding.Unfilled) {
                return try decoding.fill(value)
            } catch {
                decoding.report(error.message, at: node.mark)
                return nil
            }
        }, show: text.show)
}

extension Shape<Bool> {
    package static let boolean = Shape.scalar(
        ["type": "boolean"], expected: "true or false", show: { .bool($0) },
        parse: { $0.style == .plain ? Bool($0.text) : nil })
}

extension Shape<Int> {
    package static func integer(_ range: ClosedRange<Int>) -> Shape {
        .scalar(
            [
                "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
                "maximum": .integer(Int64(range.upperBound)),
            ], expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            show: { .integer(Int64($0)) },
            parse: { scalar in
                let isDecimal = scalar.style == .plain && !(scalar.text.count > 1 && scalar.text.hasPrefix("0"))
                return isDecimal ? Int(scalar.text).flatMap { range.contains($0) ? $0 : nil } : nil
            })
    }
}

extension Shape<Duration> {
    package static func duration(atLeast minimum: Duration = .zero, atMost maximum: Duration? = nil) -> Shape {
        Shape.scalar(
            ["type": "string", "pattern": #"^(0|([0-9]+(\.[0-9]{1,3})?(ms|s|m|h|d))+)$"#],
            expected: DurationText.expectation, show: { .string(DurationText.print($0)) },
            parse: { DurationText.parse($0.text) }
        ).checked { duration in
            if duration < minimum { return "expected at least \(DurationText.print(minimum))" }
            return maximum.flatMap { duration > $0 ? "expected at most \(DurationText.print($0))" : nil }
        }
    }
}

extension Shape where Value: CaseIterable & RawRepresentable<String> {
    /// One of a few words.
    package static var choice: Shape {
        let words = Value.allCases.map(\.rawValue)
        return .scalar(
            ["type": "string", "enum": .array(words.map { .string($0) })],
            expected: "one of \(words.joined(separator: ", "))", show: { .string($0.rawValue) },
            parse: { Value(rawValue: $0.text) })
    }
}

extension Shape<[String: String]> {
    /// Texts by name, filled in.
    package static let texts = Shape(
        schema: [.init("type", "object"), .init("additionalProperties", .object(Shape<String>.text.schema))],
        decode: { node, decoding in
            guard let mapping = node.mapping else {
                decoding.report("expected a mapping of texts, found \(node.kindInWords)", at: node.mark)
                return nil
            }
            var texts: [String: String] = [:]
            for pair in mapping.pairs {
                texts[pair.key] = decoding.at(field: pair.key) { Shape<String>.template.decode(pair.value, &$0) }
            }
            return texts
        }, show: { $0.isEmpty ? .object([]) : nil })
}
