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

    /// With those of a mapping's fields that decode without a problem, each for itself, and those elements of its lists; all
    /// others have their defaults.
    ///
    /// - Parameter decoding: at the mapping, without problems.
    package static func sound(in node: YAMLNode, _ decoding: Decoding) -> Self {
        var sound = Self()
        for pair in node.mapping?.pairs ?? [] {
            var (changed, trial) = (sound, decoding)
            guard let field = fields.first(where: { $0.name == pair.key }), !field.isLeftOut(pair.value) else {
                continue
            }
            trial.at(field: field.name) { field.decode(pair.value, &changed, &$0) }
            if trial.problems.isEmpty || field.isList { sound = changed }
        }
        return sound
    }
}

/// One field: name, meaning, shape, default.
package struct Field<Root: Configurable>: Sendable {
    package let name: String
    package let isRequired: Bool
    package let schema: JSONValue
    /// Fields of the value, where it is a mapping with known fields: their names and whether they are scalars.
    package let inner: [FieldOutline]
    package let decode: @Sendable (YAMLNode, inout Root, inout Decoding) -> Void

    /// `null` says no more than nothing, unless the field must be given.
    func isLeftOut(_ value: YAMLNode) -> Bool { !isRequired && value.scalar?.isNull == true && value.tag == nil }

    package var outline: FieldOutline {
        FieldOutline(name: name, isScalar: schema.member("type") != "object" && !isList, inner: inner)
    }

    /// An element with a problem is none of the value.
    fileprivate var isList: Bool { schema.member("type") == "array" }

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

extension Shape where Value: Configurable {
    /// A mapping with exactly the fields of `Value`. `null` means that a field is left out.
    package static func object() -> Shape {
        Shape(schema: objectSchema, decode: decodeObject, show: { _ in nil })
    }

    private static var objectSchema: [JSONValue.Member] {
        let required = Value.fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        return [.init("type", "object")]
            + (required.isEmpty ? [] : [.init("required", .array(required))])
            + [
                .init("additionalProperties", false),
                .init("properties", .object(Value.fields.map { .init($0.name, $0.schema) })),
            ]
    }

    @Sendable private static func decodeObject(_ node: YAMLNode, _ decoding: inout Decoding) -> Value? {
        guard let mapping = node.mapping else {
            decoding.report("expected a mapping, found \(node.kindInWords)", at: node.mark)
            return nil
        }
        let before = decoding.problems.count
        var value = Value()
        for pair in mapping.pairs {
            guard let field = Value.fields.first(where: { $0.name == pair.key }) else {
                decoding.at(field: pair.key) { $0.report(unknown(pair.key), at: pair.keyMark) }
                continue
            }
            if !field.isLeftOut(pair.value) { decoding.at(field: field.name) { field.decode(pair.value, &value, &$0) } }
        }
        for field in Value.fields where field.isRequired && mapping[field.name] == nil {
            decoding.at(field: field.name) { $0.report("must be given", at: node.mark) }
        }
        guard decoding.problems.count == before else { return nil }
        value.check(&decoding, at: node.mark)
        return decoding.problems.count == before ? value : nil
    }

    private static func unknown(_ name: String) -> String {
        let names = Value.fields.map(\.name)
        let suggestion = Spelling.nearest(to: name, among: names).map { "did you mean \($0)?" }
        return "no such field; " + (suggestion ?? "there are \(names.joined(separator: ", "))")
    }
}

/// Finds what somebody probably meant to write.
package enum Spelling {
    /// The candidate that differs least from `word`, case aside, if it differs by little.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let lower = Array(word.prefix(64).lowercased())
        let ranked = candidates.map { (candidate: $0, distance: distance(lower, Array($0.lowercased()))) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(1, lower.count / 2) ? best.candidate : nil
    }

    /// Levenshtein's distance: how many characters to insert, delete or replace.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = diagonal + (character == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
