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
