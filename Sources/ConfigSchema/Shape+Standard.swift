internal import Basics
internal import WorkdirProtocol
internal import YAMLTree

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
    package static func duration(atLeast minimum: Duration = .zero) -> Shape {
        Shape.scalar(
            ["type": "string", "pattern": #"^(0|([0-9]+(\.[0-9]{1,3})?(ms|s|m|h|d))+)$"#],
            expected: DurationText.expectation, show: { .string(DurationText.print($0)) },
            parse: { DurationText.parse($0.text) }
        ).checked { $0 < minimum ? "expected at least \(DurationText.print(minimum))" : nil }
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
