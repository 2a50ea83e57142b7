import Basics
import Foundation
import YAMLTree

/// Objects as the real server sends them under `application/vnd.kubernetes.protobuf`.
struct ProtobufEncoder: Sendable {
    static let mediaType = "application/vnd.kubernetes.protobuf"
    static let magic: [UInt8] = Array("k8s\0".utf8)

    let schema: KubeSchema

    init(_ schema: KubeSchema = .builtIn) { self.schema = schema }

    /// The envelope with the object inside; `nil` for kinds without a schema, which have JSON alone.
    func encode(_ object: JSONValue) -> [UInt8]? {
        guard let kind = object["kind"]?.string, let version = object["apiVersion"]?.string,
            let message = schema.message(apiVersion: version, kind: kind)
        else { return nil }
        return Self.envelope(body(object, message), apiVersion: version, kind: kind)
    }

    static func envelope(_ raw: [UInt8], apiVersion: String, kind: String) -> [UInt8] {
        var type = ProtobufWriter()
        type.delimited(1, apiVersion.utf8)
        type.delimited(2, kind.utf8)
        var unknown = ProtobufWriter()
        unknown.delimited(1, type.bytes)
        unknown.delimited(2, raw)
        unknown.delimited(3, [])
        unknown.delimited(4, [])
        return magic + unknown.bytes
    }

    /// A `WatchEvent` behind its length in four bytes.
    func frame(_ event: WatchEvent) -> [UInt8]? {
        guard let object = encode(event.object) else { return nil }
        var extent = ProtobufWriter()
        extent.delimited(1, object)
        var writer = ProtobufWriter()
        writer.delimited(1, event.kind.rawValue.utf8)
        writer.delimited(2, extent.bytes)
        let length = UInt32(writer.bytes.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + writer.bytes
    }

    func body(_ value: JSONValue, _ message: SchemaMessage) -> [UInt8] {
        var writer = ProtobufWriter()
        if let number = scalarInJSON(value, message, &writer) { return number }
        for field in message.fields {
            if field.isInline {
                if let inner = schema.message(of: field) { writer.delimited(field.number, body(value, inner)) }
                continue
            }
            guard let member = value[field.name], !member.isNull else { continue }
            switch field.shape {
            case .single: write(member, field, &writer)
            case .list: for element in member.array ?? [] { write(element, field, &writer) }
            case .map:
                for entry in member.members ?? [] {
                    var pair = ProtobufWriter()
                    pair.delimited(1, entry.name.utf8)
                    var asValue = field
                    asValue.number = 2
                    write(entry.value, asValue, &pair)
                    writer.delimited(field.number, pair.bytes)
                }
            }
        }
        return writer.bytes
    }

    private func write(_ value: JSONValue, _ field: SchemaField, _ writer: inout ProtobufWriter) {
        switch field.value {
        case .message: if let inner = schema.message(of: field) { writer.delimited(field.number, body(value, inner)) }
        case .scalar(.text): writer.delimited(field.number, (value.string ?? "").utf8)
        case .scalar(.boolean): writer.varint(field.number, value.boolean == true ? 1 : 0)
        case .scalar(.integer): writer.varint(field.number, UInt64(bitPattern: Int64(value.integer ?? 0)))
        case .scalar(.bytes):
            writer.delimited(field.number, Data(base64Encoded: value.string ?? "") ?? Data())
        }
    }

    /// Messages that are one value in JSON.
    private func scalarInJSON(_ value: JSONValue, _ message: SchemaMessage, _ writer: inout ProtobufWriter)
        -> [UInt8]?
    {
        switch message.name {
        case "meta.Time", "meta.MicroTime":
            guard let time = value.string.flatMap(KubeTime.init) else { return [] }
            writer.varint(1, UInt64(bitPattern: time.seconds))
            let nanoseconds = (time.microseconds - time.seconds * 1_000_000) * 1000
            writer.varint(2, message.name == "meta.Time" ? 0 : UInt64(nanoseconds))
        case "resource.Quantity": writer.delimited(1, (value.string ?? value.text).utf8)
        case "intstr.IntOrString":
            writer.varint(1, value.string == nil ? 0 : 1)
            writer.varint(2, UInt64(bitPattern: Int64(value.integer ?? 0)))
            writer.delimited(3, (value.string ?? "").utf8)
        case "meta.FieldsV1": writer.delimited(1, value.text.utf8)
        default: return nil
        }
        return writer.bytes
    }
}
