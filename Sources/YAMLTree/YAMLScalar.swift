package import Basics

/// One value as it was written. Nothing is interpreted: `on`, `0123` and `1e3` are these characters until a schema asks
/// for a boolean or a number.
package struct YAMLScalar: Sendable, Hashable {
    package enum Style: Sendable {
        case plain, singleQuoted, doubleQuoted, literal, folded

        package var isBlock: Bool {
            switch self {
            case .literal, .folded: true
            case .plain, .singleQuoted, .doubleQuoted: false
            }
        }
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
            self = scalar.style == .plain && node.tag == nil ? JSONValue(plain: scalar.text) : .string(scalar.text)
        }
    }

    /// What a plain scalar means. A number that JSON can write keeps its text, whatever its size. One that readers of YAML
    /// disagree about (`0644`, `0x1F`, `1_000`) stays a text: whoever wants a number there refuses it.
    package init(plain text: String) {
        switch text {
        case "true", "True", "TRUE": self = .bool(true)
        case "false", "False", "FALSE": self = .bool(false)
        case _ where YAMLScalar(text).isNull: self = .null
        case _ where JSONReader.isNumber(Array(text.utf8)[...]):
            self = Int64(text).flatMap { String($0) == text ? .integer($0) : nil } ?? .numeral(text)
        default:
            // `+5`, `.5` and `5.` are numbers in YAML alone.
            let isDecimal = text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
            let digits = text.utf8.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }.prefix {
                $0 != UInt8(ascii: ".")
            }
            guard isDecimal, digits.count < 2 || digits.first != UInt8(ascii: "0"), let number = Double(text),
                number.isFinite
            else {
                self = .string(text)
                return
            }
            self = Int64(text).map { .integer($0) } ?? .number(number)
        }
    }
}
