import Basics
import YAMLTree

/// A list whose objects need not be looked at to be sent.
package struct StoredList: Sendable {
    let type: ResourceType
    let metadata: JSONValue
    let items: [StoredObject]

    var object: JSONValue {
        [
            "kind": .string("\(type.kind)List"), "apiVersion": .string(type.apiVersion), "metadata": metadata,
            "items": .array(items.map { $0.value.asType(type).withoutType }),
        ]
    }

    var json: [UInt8] {
        var bytes = Array(
            "{\"kind\":\"\(type.kind)List\",\"apiVersion\":\"\(type.apiVersion)\",\"metadata\":\(metadata.text),\"items\":["
                .utf8)
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            switch item {
            case .template(let template, let number): bytes += template.json(number)
            case .value(let value): bytes += value.asType(type).withoutType.text.utf8
            }
        }
        return bytes + Array("]}\n".utf8)
    }

    /// `nil` for kinds that have no schema.
    var protobuf: [UInt8]? {
        let encoder = ProtobufEncoder()
        guard let message = encoder.schema.message(for: type), let meta = encoder.schema.message("meta.ListMeta") else {
            return nil
        }
        var list = ProtobufWriter()
        list.delimited(1, encoder.body(metadata, meta))
        for item in items {
            if case .template(let template, let number) = item, let bytes = template.protobuf(number) {
                list.delimited(2, bytes)
            } else {
                list.delimited(2, encoder.body(item.value.asType(type), message))
            }
        }
        return ProtobufEncoder.envelope(list.bytes, apiVersion: type.apiVersion, kind: "\(type.kind)List")
    }
}
