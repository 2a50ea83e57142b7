package import Basics
package import YAMLTree

/// A mapping with known fields. Decoder, JSON Schema and the names of environment variables all come from `fields`.
package protocol Configurable: Sendable {
    /// All defaults in place. Fields that must be given hold a placeholder that no caller ever sees.
    init()
    static var fields: [Field<Self>] { get }
    /// What concerns several fields at once; called when each for itself is right.
    func check(_ decoding: inout Decoding, at mark: YAMLMark)
}

extension Configurable {
    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {}
}

/// One field: name, meaning, shape, default.
package struct Field<Root: Configurable>: Sendable {
    package let name: String
    package let isRequired: Bool
    package let schema: JSONValue
    /// Fields of the value, where it is a mapping with known fields: their names and whether they are scalars.
    package let inner: [FieldOutline]
    package let decode: @Sendable (YAMLNode, inout Root, inout Decoding) -> Void

    package var outline: FieldOutline {
        let type = schema.member("type")
        return FieldOutline(name: name, isScalar: type != "object" && type != "array", inner: inner)
    }

    /// Must be given.
    package static func required<Value>(
        _ name: String, _ keyPath: any WritableKeyPath<Root, Value> & Sendable, _ shape: Shape<Value>, _ summary: String
    ) -> Field {
        Field(name, summary, required: true, shape, default: nil) { $0[keyPath: keyPath] = $1 }
    }

    /// May be left out; the default is what `Root()` holds.
    package static func optional<Value>(
        _ name: String, _ keyPath: any WritableKeyPath<Root, Value> & Sendable, _ shape: Shape<Value>, _ summary: String
    ) -> Field {
        Field(name, summary, required: false, shape, default: shape.show(Root()[keyPath: keyPath])) {
            $0[keyPath: keyPath] = $1
        }
    }

    /// May be left out; there is no default.
    package static func optional<Value>(
        _ name: String, _ keyPath: any WritableKeyPath<Root, Value?> & Sendable, _ shape: Shape<Value>,
        _ summary: String
    ) -> Field {
        Field(name, summary, required: false, shape, default: nil) { $0[keyPath: keyPath] = $1 }
    }

    /// May be left out; given, it is a mapping with known fields.
    package static func section<Value: Configurable>(
        _ name: String, _ keyPath: any WritableKeyPath<Root, Value> & Sendable, _ summary: String
    ) -> Field {
        Field(name, summary, required: false, .object(), default: nil, inner: Value.fields.map(\.outline)) {
            $0[keyPath: keyPath] = $1
        }
    }

    private init<Value>(
        _ name: String, _ summary: String, required: Bool, _ shape: Shape<Value>, default: JSONValue?,
        inner: [FieldOutline] = [], store: @escaping @Sendable (inout Root, Value) -> Void
    ) {
        self.name = name
        isRequired = required
        var members = [JSONValue.Member("description", .string(summary))] + shape.schema
        if let `default` { members.append(.init("default", `default`)) }
        schema = .object(members)
        self.inner = inner
        decode = { node, root, decoding in
            if let value = shape.decode(node, &decoding) { store(&root, value) }
        }
    }
}

/// A field's name and those inside it, without types.
package struct FieldOutline: Sendable {
    package let name: String
    package let isScalar: Bool
    package let inner: [FieldOutline]

    /// Dotted paths of all scalars below these fields that do not stand in a list.
    package static func scalarPaths(of outlines: [FieldOutline], below prefix: String = "") -> [String] {
        outlines.flatMap { outline in
            let path = prefix + outline.name
            return outline.isScalar ? [path] : scalarPaths(of: outline.inner, below: path + ".")
        }
    }
}

extension JSONValue {
    package func member(_ name: String) -> JSONValue? {
        if case .object(let members) = self { members.first { $0.name == name }?.value } else { nil }
    }
}
