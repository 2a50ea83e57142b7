/// `Codable` to and from JSON text without Foundation, whose coders are six megabytes of a static program.
///
/// Objects are written with their names in order, so that equal values are equal bytes. A whole number that a type cannot
/// hold, a name that is missing, nesting beyond `depthLimit`: each is an error that says where.
package enum JSONCoding {
    /// How deep what is read may be nested.
    package static let depthLimit = 64

    package static func encode(_ value: some Encodable) throws -> JSONValue {
        let box = Box()
        try value.encode(to: ValueEncoder(box: box, codingPath: []))
        return box.value
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try Value(from: ValueDecoder(value: JSONValue(bytes), codingPath: []))
    }

    /// What is being written: a container may still be added to after it was asked for.
    fileprivate final class Box {
        var scalar = JSONValue.null
        var members: [(name: String, box: Box)]?
        var elements: [Box]?

        var value: JSONValue {
            if let members {
                return .object(members.sorted { $0.name < $1.name }.map { .init($0.name, $0.box.value) })
            }
            return elements.map { .array($0.map(\.value)) } ?? scalar
        }

        func member(_ name: String) -> Box {
            let box = Box()
            members = (members ?? []) + [(name, box)]
            return box
        }

        func element() -> Box {
            let box = Box()
            elements = (elements ?? []) + [box]
            return box
        }

        func set<T: Encodable>(_ value: T, at path: [any CodingKey]) throws {
            switch value {
            case let value as Bool: scalar = .bool(value)
            case let value as String: scalar = .string(value)
            case let value as Double: scalar = .number(value)
            case let value as any BinaryInteger: scalar = .numeral("\(value)")
            default: try value.encode(to: ValueEncoder(box: self, codingPath: path))
            }
        }
    }

    fileprivate struct Index: CodingKey {
        var stringValue: String
        var intValue: Int?
        init(_ index: Int) { (stringValue, intValue) = ("\(index)", index) }
        init?(stringValue: String) { nil }
        init?(intValue: Int) { self.init(intValue) }
        static let superKey = Named(stringValue: "super")
    }

    fileprivate struct Named: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

// MARK: - Writing

private struct ValueEncoder: Encoder {
    let box: JSONCoding.Box
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        box.members = box.members ?? []
        return KeyedEncodingContainer(KeyedWriter<Key>(box: box, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        box.elements = box.elements ?? []
        return ListWriter(box: box, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { ScalarWriter(box: box, codingPath: codingPath) }
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let box: JSONCoding.Box
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { _ = box.member(key.stringValue) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try box.member(key.stringValue).set(value, at: codingPath + [key])
    }
    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        nested(key).container(keyedBy: Nested.self)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { nested(JSONCoding.Index.superKey) }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }
    private func nested(_ key: any CodingKey) -> ValueEncoder {
        ValueEncoder(box: box.member(key.stringValue), codingPath: codingPath + [key])
    }
}

private struct ListWriter: UnkeyedEncodingContainer {
    let box: JSONCoding.Box
    let codingPath: [any CodingKey]
    var count: Int { box.elements?.count ?? 0 }

    func encodeNil() { _ = box.element() }
    func encode<T: Encodable>(_ value: T) throws { try box.element().set(value, at: path) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        nested.container(keyedBy: type)
    }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested.unkeyedContainer() }
    func superEncoder() -> any Encoder { nested }
    private var path: [any CodingKey] { codingPath + [JSONCoding.Index(count)] }
    private var nested: ValueEncoder { ValueEncoder(box: box.element(), codingPath: path) }
}

private struct ScalarWriter: SingleValueEncodingContainer {
    let box: JSONCoding.Box
    let codingPath: [any CodingKey]

    func encodeNil() { box.scalar = .null }
    func encode<T: Encodable>(_ value: T) throws { try box.set(value, at: codingPath) }
}

// MARK: - Reading

private struct ValueDecoder: Decoder {
    let value: JSONValue
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch([String: JSONValue].self, "not an object") }
        // Of names that stand twice the last counts, as in most readers.
        let values = Dictionary(members.map { ($0.name, $0.value) }) { $1 }
        return KeyedDecodingContainer(KeyedReader<Key>(values: values, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = value else { throw mismatch([JSONValue].self, "not an array") }
        return ListReader(elements: elements, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        ScalarReader(value: value, codingPath: codingPath)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        switch (value, type) {
        case (.bool(let found as T), _), (.string(let found as T), _): return found
        case (.numeral(let text), let integer as any FixedWidthInteger.Type):
            guard let found = integer.init(text) as? T else { throw mismatch(type, "\(text) is not one of its values") }
            return found
        case (.numeral(let text), is Double.Type):
            guard let found = Double(text) as? T else { throw mismatch(type, "\(text) is no number") }
            return found
        case (_, is Bool.Type), (_, is String.Type), (_, is Double.Type), (_, is any FixedWidthInteger.Type):
            throw mismatch(type, "another kind of value")
        default: return try T(from: self)
        }
    }

    private func mismatch(_ type: Any.Type, _ why: String) -> DecodingError {
        .typeMismatch(type, .init(codingPath: codingPath, debugDescription: why))
    }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let values: [String: JSONValue]
    let codingPath: [any CodingKey]
    var allKeys: [Key] { values.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { values[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try nested(key).value == .null }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try nested(key).decode(type) }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try nested(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try nested(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { try nested(JSONCoding.Index.superKey) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try nested(key) }
    private func nested(_ key: any CodingKey) throws -> ValueDecoder {
        guard let value = values[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "is missing"))
        }
        return ValueDecoder(value: value, codingPath: codingPath + [key])
    }
}

private struct ListReader: UnkeyedDecodingContainer {
    let elements: [JSONValue]
    let codingPath: [any CodingKey]
    var currentIndex = 0
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested>
    {
        try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
    private mutating func next() throws -> ValueDecoder {
        let path = codingPath + [JSONCoding.Index(currentIndex)]
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                JSONValue.self, .init(codingPath: path, debugDescription: "the list ends"))
        }
        defer { currentIndex += 1 }
        return ValueDecoder(value: elements[currentIndex], codingPath: path)
    }
}

private struct ScalarReader: SingleValueDecodingContainer {
    let value: JSONValue
    let codingPath: [any CodingKey]

    func decodeNil() -> Bool { value == .null }
    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try ValueDecoder(value: value, codingPath: codingPath).decode(type)
    }
}
