package import Basics
package import YAMLTree

/// A value that a generator writes. What it takes over from a document stays as it was written: `0123`, `on` and `1e3`
/// are these characters, and a quoted `"true"` stays a text.
package enum ManifestValue: Sendable, Equatable {
    /// A text, quoted where it would mean something else without.
    case text(String)
    /// A number, a boolean, null, or a value taken over that was not quoted.
    case plain(String)
    case list([ManifestValue])
    case map([Field])

    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: ManifestValue

        package init(_ name: String, _ value: ManifestValue) {
            self.name = name
            self.value = value
        }
    }

    /// Fields whose value is `nil` are left out.
    static func map(present fields: KeyValuePairs<String, ManifestValue?>) -> ManifestValue {
        .map(fields.compactMap { field in field.value.map { Field(field.key, $0) } })
    }

    package init(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain && node.tag != "tag:yaml.org,2002:str"
            self = isPlain ? .plain(scalar.text.isEmpty ? "null" : scalar.text) : .text(scalar.text)
        case .sequence(let elements): self = .list(elements.map { ManifestValue($0) })
        case .mapping(let mapping): self = .map(mapping.pairs.map { Field($0.key, ManifestValue($0.value)) })
        }
    }

    var fields: [Field] {
        if case .map(let fields) = self { fields } else { [] }
    }

    var elements: [ManifestValue] {
        if case .list(let elements) = self { elements } else { [] }
    }

    /// Of a scalar that is not null.
    var scalar: String? {
        switch self {
        case .text(let text): text
        case .plain(let text): YAMLScalar(text).isNull ? nil : text
        case .list, .map: nil
        }
    }

    var isNull: Bool {
        if case .plain(let text) = self { YAMLScalar(text).isNull } else { false }
    }

    /// Setting `nil` removes the field; a new one comes last.
    subscript(name: String) -> ManifestValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            var fields = fields
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append(Field(name, value))
            case (nil, nil): return
            }
            self = .map(fields)
        }
    }
}

extension ManifestValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .plain(String(value)) }
    package init(booleanLiteral value: Bool) { self = .plain(String(value)) }
    package init(arrayLiteral elements: ManifestValue...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, ManifestValue)...) {
        self = .map(elements.map { Field($0.0, $0.1) })
    }

    static func number(_ value: Int) -> ManifestValue { .plain(String(value)) }
    static func texts(_ values: [String]) -> ManifestValue { .list(values.map { .text($0) }) }
}

/// Writes manifests as people do: block style, two spaces, lists at the column of their key.
package struct ManifestWriter {
    private var text = ""

    /// A stream of documents.
    package static func yaml(_ documents: [ManifestValue]) -> String {
        documents.map { document in
            var writer = ManifestWriter()
            writer.write(document, column: 0)
            return writer.text
        }.joined(separator: "---\n")
    }

    /// One value indented by two spaces; several as a `List`.
    package static func json(_ documents: [ManifestValue]) -> String {
        guard documents.count != 1 else { return documents[0].json.prettyText }
        let list: ManifestValue = ["apiVersion": "v1", "kind": "List", "items": .list(documents)]
        return list.json.prettyText
    }

    private mutating func write(_ value: ManifestValue, column: Int) {
        switch value {
        case .map(let fields) where !fields.isEmpty:
            for (index, field) in fields.enumerated() {
                if index > 0 { indent(column) }
                write(field, column: column)
            }
        case .list(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                if index > 0 { indent(column) }
                text += "- "
                write(element, column: column + 2)
            }
        default: text += inline(value, column: column) + "\n"
        }
    }

    private mutating func write(_ field: ManifestValue.Field, column: Int) {
        text += PlainText.isSafe(field.name) ? field.name : PlainText.quoted(field.name)
        text += ":"
        switch field.value {
        case .map(let fields) where !fields.isEmpty:
            text += "\n"
            indent(column + 2)
            write(field.value, column: column + 2)
        case .list(let elements) where !elements.isEmpty:
            text += "\n"
            indent(column)
            write(field.value, column: column)
        default: text += " " + inline(field.value, column: column) + "\n"
        }
    }

    private mutating func indent(_ column: Int) { text += String(repeating: " ", count: column) }

    private func inline(_ value: ManifestValue, column: Int) -> String {
        switch value {
        case .map: "{}"
        case .list: "[]"
        case .plain(let plain): plain
        case .text(let words) where PlainText.isBlock(words): block(words, column: column + 2)
        case .text(let words): PlainText.isSafe(words) ? words : PlainText.quoted(words)
        }
    }

    private func block(_ words: String, column: Int) -> String {
        let margin = String(repeating: " ", count: column)
        let ends = words.hasSuffix("\n")
        let lines = (ends ? words.dropLast() : words[...]).split(separator: "\n", omittingEmptySubsequences: false)
        return (ends ? "|" : "|-") + lines.map { $0.isEmpty ? "\n" : "\n\(margin)\($0)" }.joined()
    }
}

extension ManifestValue {
    package var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .plain(let text): JSONValue(plain: text)
        case .list(let elements): .array(elements.map(\.json))
        case .map(let fields): .object(fields.map { JSONValue.Member($0.name, $0.value.json) })
        }
    }
}

/// How a text may be written in YAML.
private enum PlainText {
    /// What readers of YAML 1.1 or 1.2 take for something else than a text.
    private static let words: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

    /// Whether a reader takes the bare characters for this text; cautious.
    static func isSafe(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 200, isLetter(first) || first == UInt8(ascii: "/"),
            bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), bytes.last != 0x20, bytes.last != UInt8(ascii: ":"),
            !words.contains(text.lowercased())
        else { return false }
        return !zip(bytes, bytes.dropFirst()).contains { pair in
            pair == (UInt8(ascii: ":"), 0x20) || pair == (0x20, UInt8(ascii: "#"))
        }
    }

    /// Whether to write it as a literal block: whole lines that need no escape.
    static func isBlock(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.contains(0x0A) && bytes.first != 0x20 && bytes.first != 0x0A && !text.hasSuffix("\n\n")
            && bytes.allSatisfy { $0 == 0x0A || $0 >= 0x20 && $0 != 0x7F }
            && !zip(bytes, bytes.dropFirst()).contains { $0 == (0x20, 0x0A) }
    }

    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        text.appendAsJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
