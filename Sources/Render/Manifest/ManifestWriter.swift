package import Basics
internal import YAMLTree

/// Writes manifests as people do: block style, two spaces, lists at the column of their key.
package struct ManifestWriter {
    private var text = ""

    /// A stream of documents.
    package static func yaml(_ documents: [Manifest]) -> String {
        documents.map { document in
            var writer = ManifestWriter()
            writer.write(document, column: 0)
            return writer.text
        }.joined(separator: "---\n")
    }

    /// One value indented by two spaces; several as a `List`.
    package static func json(_ documents: [Manifest]) -> String {
        guard documents.count != 1 else { return documents[0].json.prettyText }
        let list: Manifest = ["apiVersion": "v1", "kind": "List", "items": .list(documents)]
        return list.json.prettyText
    }

    private mutating func write(_ value: Manifest, column: Int) {
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

    private mutating func write(_ field: Manifest.Field, column: Int) {
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

    private func inline(_ value: Manifest, column: Int) -> String {
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

extension Manifest {
    /// Plain values that JSON knows stay what they are; others are texts there.
    package var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .plain(let text): PlainText.json(text)
        case .list(let elements): .array(elements.map(\.json))
        case .map(let fields): .object(fields.map { JSONValue.Member($0.name, $0.value.json) })
        }
    }
}
