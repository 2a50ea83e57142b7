package import Basics
internal import YAMLTree

/// The encoder's inverse: bodies of requests, and what recordings hold.
package struct ProtobufDecoder: Sendable {
    package struct Malformed: Error {}

    let schema: KubeSchema

    package init() { schema = .builtIn }

    /// The object in an envelope.
    package func decode(_ bytes: [UInt8]) throws -> JSONValue {
        guard bytes.starts(with: ProtobufEncoder.magic) else { throw Malformed() }
        var reader = ProtobufReader(bytes.dropFirst(4))
        var (apiVersion, kind) = ("", "")
        var raw: ArraySlice<UInt8> = []
        while let (number, value) = try reader.next() {
            guard case .delimited(let content) = value else { continue }
            if number == 2 { raw = content }
            guard number == 1 else { continue }
            var type = ProtobufReader(content)
            while case (let field, .delimited(let text))? = try type.next() {
                if field == 1 { apiVersion = String(decoding: text, as: UTF8.self) }
                if field == 2 { kind = String(decoding: text, as: UTF8.self) }
            }
        }
        guard let message = schema.message(apiVersion: apiVersion, kind: kind) else { throw Malformed() }
        let object = try value(raw, message)
        return .object(
            [.init("kind", .string(kind)), .init("apiVersion", .string(apiVersion))] + (object.members ?? []))
    }

    /// The events of a whole watch stream.
    package func decodeEvents(_ bytes: [UInt8]) throws -> [WatchEvent] {
        var rest = bytes[...]
        var events: [WatchEvent] = []
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard length <= rest.count else { throw Malformed() }
            events.append(try event(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        guard rest.isEmpty else { throw Malformed() }
        return events
    }

    private func event(_ bytes: ArraySlice<UInt8>) throws -> WatchEvent {
        var reader = ProtobufReader(bytes)
        var kind: WatchEvent.Kind?
        var object: JSONValue = .null
        while case (let number, .delimited(let content))? = try reader.next() {
            if number == 1 { kind = WatchEvent.Kind(rawValue: String(decoding: content, as: UTF8.self)) }
            guard number == 2 else { continue }
            var extent = ProtobufReader(content)
            if case (_, .delimited(let raw))? = try extent.next() { object = try decode(Array(raw)) }
        }
        guard let kind else { throw Malformed() }
        return WatchEvent(kind, object)
    }

    private func value(_ bytes: ArraySlice<UInt8>, _ message: SchemaMessage) throws -> JSONValue {
        if KubeSchema.isScalarInJSON(message.name) { return try scalarInJSON(bytes, message.name) }
        var result = JSONValue.object([])
        var reader = ProtobufReader(bytes)
        while let (number, wire) = try reader.next() {
            guard let field = message.field(number) else { continue }
            switch field.shape {
            case .single:
                let single = try single(wire, field)
                guard field.isInline else {
                    result[field.name] = single
                    continue
                }
                for member in single.members ?? [] { result[member.name] = member.value }
            case .list: result[field.name] = .array((result[field.name]?.array ?? []) + [try single(wire, field)])
            case .map:
                guard case .delimited(let content) = wire else { throw Malformed() }
                var pair = ProtobufReader(content)
                var (key, entry) = ("", JSONValue.string(""))
                while let (number, wire) = try pair.next() {
                    if number == 1, case .delimited(let text) = wire { key = String(decoding: text, as: UTF8.self) }
                    if number == 2 { entry = try single(wire, field) }
                }
                result[path: [field.name, key]] = entry
            }
        }
        return result
    }

    private func single(_ wire: ProtobufReader.Value, _ field: SchemaField) throws -> JSONValue {
        switch (field.value, wire) {
        case (.scalar(.text), .delimited(let text)): .string(String(decoding: text, as: UTF8.self))
        case (.scalar(.bytes), .delimited(let bytes)): .string(Base64.encode(bytes))
        case (.scalar(.boolean), .varint(let number)): .bool(number != 0)
        case (.scalar(.integer), .varint(let number)): .integer(Int64(bitPattern: number))
        case (.message(let name), .delimited(let bytes)):
            if let message = schema.message(name) { try value(bytes, message) } else { .null }
        default: throw Malformed()
        }
    }

    private func scalarInJSON(_ bytes: ArraySlice<UInt8>, _ name: String) throws -> JSONValue {
        var numbers: [Int: Int64] = [:]
        var texts: [Int: ArraySlice<UInt8>] = [:]
        var reader = ProtobufReader(bytes)
        while let (number, wire) = try reader.next() {
            switch wire {
            case .varint(let value): numbers[number] = Int64(bitPattern: value)
            case .delimited(let text): texts[number] = text
            }
        }
        func text(_ number: Int) -> String { String(decoding: texts[number] ?? [], as: UTF8.self) }
        switch name {
        case "meta.Time", "meta.MicroTime":
            guard let seconds = numbers[1] else { return .null }
            let time = KubeTime(microseconds: seconds * 1_000_000 + (numbers[2] ?? 0) / 1000)
            return .string(name == "meta.Time" ? time.text : time.microText)
        case "intstr.IntOrString": return numbers[1] == 1 ? .string(text(3)) : .integer(numbers[2] ?? 0)
        case "meta.FieldsV1": return try JSONValue(parsing: text(1))
        default: return .string(text(1))
        }
    }
}
