/// Pod specs as Kubernetes' protobuf messages nest them, and as its JSON does.
enum ProtobufShape {
    /// Messages that JSON writes into the one around them.
    private static let embedded: Set<String> = [
        "volumeSource", "handler", "localObjectReference", "persistentVolumeSource",
    ]

    static func flattened(_ value: Manifest) -> Manifest {
        switch value {
        case .text, .plain: value
        case .list(let elements): .list(elements.map(flattened))
        case .map(let fields): wrapped(fields) ?? .map(fields.flatMap(flattened))
        }
    }

    private static func flattened(_ field: Manifest.Field) -> [Manifest.Field] {
        let value = flattened(field.value)
        if embedded.contains(field.name), case .map(let fields) = value { return fields }
        return [.init(field.name, value)]
    }

    /// A quantity (`{string: 1Gi}`) or a number or name (`{type: 0, intVal: 80}`).
    private static func wrapped(_ fields: [Manifest.Field]) -> Manifest? {
        let names = Set(fields.map(\.name))
        if names == ["string"], let value = fields.first?.value, value.scalar != nil { return value }
        guard names.contains("type"), names.contains("intVal") || names.contains("strVal"),
            names.isSubset(of: ["type", "intVal", "strVal"])
        else { return nil }
        let isText = fields.contains { $0.name == "type" && $0.value.scalar == "1" } || !names.contains("intVal")
        return fields.first { $0.name == (isText ? "strVal" : "intVal") }?.value
    }
}
