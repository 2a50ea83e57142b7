package import Basics
package import YAMLTree

extension JSONValue {
    /// Reads JSON (or YAML, which `kubectl` may send). Throws what `YAMLTree` finds wrong.
    package init(parsing bytes: [UInt8]) throws {
        try self.init(YAMLNode(parsing: bytes, limits: YAMLLimits(bytes: 256 << 20, nodes: 50_000_000)))
    }

    package init(parsing text: String) throws { try self.init(parsing: Array(text.utf8)) }

    package init(_ node: YAMLNode) {
        switch node.content {
        case .mapping(let mapping): self = .object(mapping.pairs.map { Member($0.key, JSONValue($0.value)) })
        case .sequence(let elements): self = .array(elements.map { JSONValue($0) })
        case .scalar(let scalar) where scalar.style != .plain: self = .string(scalar.text)
        case .scalar(let scalar): self = Self.plain(scalar)
        }
    }

    private static func plain(_ scalar: YAMLScalar) -> JSONValue {
        if scalar.isNull { return .null }
        switch scalar.text {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default:
            if let integer = Int64(scalar.text) { return .integer(integer) }
            if let number = Double(scalar.text), number.isFinite { return .number(number) }
            return .string(scalar.text)
        }
    }
}
