internal import WorkdirProtocol
internal import YAMLTree

extension Shape<String> {
    /// Any text on one line, as it stands; numbers and `yes` are texts here.
    static let text = Shape.scalar(
        ["type": "string", "minLength": 1], expected: "a text", show: { $0.isEmpty ? nil : .string($0) },
        parse: { $0.text.isEmpty || $0.text.utf8.contains { $0 < 0x20 || $0 == 0x7F } ? nil : $0.text })

    /// A text in which `{pod.name}` and its like are filled in.
    static let template = Shape(
        schema: text.schema,
        decode: { node, decoding in
            guard let value = text.decode(node, &decoding) else { return nil }
            do throws(Placeholders.Problem) {
                return try decoding.placeholders.fill(value)
            } catch {
                decoding.report(error.message, at: node.mark)
                return nil
            }
        }, show: text.show)

    /// 64 hexadecimal digits, read in either case and kept in lower case.
    static let sha256 = Shape.scalar(
        ["type": "string", "pattern": "^[0-9a-fA-F]{64}$"], expected: "64 hexadecimal digits", show: { .string($0) },
        parse: { scalar in
            let isHexadecimal = scalar.text.utf8.count == 64 && scalar.text.allSatisfy { $0.isASCII && $0.isHexDigit }
            return isHexadecimal ? scalar.text.lowercased() : nil
        })
}

extension Shape<Bool> {
    static let boolean = Shape.scalar(
        ["type": "boolean"], expected: "true or false", show: { .bool($0) },
        parse: { $0.style == .plain ? Bool($0.text) : nil })
}

extension Shape<Int> {
    static func integer(_ range: ClosedRange<Int>) -> Shape {
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
    static func duration(atLeast minimum: Duration = .zero) -> Shape {
        Shape.scalar(
            ["type": "string", "pattern": #"^(0|([0-9]+(\.[0-9]{1,3})?(ms|s|m|h|d))+)$"#],
            expected: DurationText.expectation, show: { .string(DurationText.print($0)) },
            parse: { DurationText.parse($0.text) }
        ).checked { $0 < minimum ? "expected at least \(DurationText.print(minimum))" : nil }
    }
}

extension Shape<ByteSize> {
    static func size(_ range: ClosedRange<ByteSize>) -> Shape {
        Shape.scalar(
            ["type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB|Ki|Mi|Gi|Ti|KB|MB|GB|TB)?$"],
            expected: ByteSize.expectation, show: { .string($0.description) }, parse: { ByteSize($0.text) }
        ).checked { range.contains($0) ? nil : "expected from \(range.lowerBound) to \(range.upperBound)" }
    }
}

extension Shape where Value: CaseIterable & RawRepresentable<String> {
    /// One of a few words.
    static var choice: Shape {
        let words = Value.allCases.map(\.rawValue)
        return .scalar(
            ["type": "string", "enum": .array(words.map { .string($0) })],
            expected: "one of \(words.joined(separator: ", "))", show: { .string($0.rawValue) },
            parse: { Value(rawValue: $0.text) })
    }
}

extension Shape<[String: String]> {
    /// Texts by name, filled in.
    static let texts = Shape(
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
