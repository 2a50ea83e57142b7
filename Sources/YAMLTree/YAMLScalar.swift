package import Basics

/// One value as it was written. Nothing is interpreted: `on`, `0123` and `1e3` are these characters until a schema asks
/// for a boolean or a number.
package struct YAMLScalar: Sendable, Hashable {
    package enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted, literal, folded
    }

    /// Quotes removed, escapes and folding resolved.
    package var text: String
    package var style: Style

    package init(_ text: String, style: Style = .plain) {
        self.text = text
        self.style = style
    }

    /// Whether this stands for nothing: an empty plain value, `~` or `null`.
    package var isNull: Bool {
        guard style == .plain else { return false }
        return switch text {
        case "", "~", "null", "Null", "NULL": true
        default: false
        }
    }
}

extension JSONValue {
    /// What a YAML node means in JSON, by the rules of YAML 1.2's core schema.
    package init(_ node: YAMLNode) {
        switch node.content {
        case .sequence(let elements): self = .array(elements.map { JSONValue($0) })
        case .mapping(let mapping): self = .object(mapping.pairs.map { Member($0.key, JSONValue($0.value)) })
        case .scalar(let scalar):
            guard scalar.style == .plain, node.tag == nil else {
                self = .string(scalar.text)
                return
            }
            switch scalar.text {
            case "true", "True", "TRUE": self = .bool(true)
            case "false", "False", "FALSE": self = .bool(false)
            case _ where scalar.isNull: self = .null
            default:
                if let integer = Int64(scalar.text) {
                    self = .integer(integer)
                } else if scalar.text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }),
                    let number = Double(scalar.text)
                {
                    self = .number(number)
                } else {
                    self = .string(scalar.text)
                }
            }
        }
    }
}
