internal import ConfigSchema
internal import YAMLTree

/// One field set from outside the document.
package struct ConfigurationOverride: Sendable, Equatable {
    /// Dotted: `monitor.interval`.
    package var path: String
    package var value: String
    /// The flag or variable, for messages: `--grace`, `KPIPE_GRACE`.
    package var origin: String

    package init(path: String, value: String, origin: String) {
        self.path = path
        self.value = value
        self.origin = origin
    }

    /// All overrides that the environment holds. The variable of `monitor.interval` is `KPIPE_MONITOR_INTERVAL`.
    static func environment(_ environment: [String: String]) -> [ConfigurationOverride] {
        FieldOutline.scalarPaths(of: AgentConfiguration.fields.map(\.outline)).compactMap { path in
            let name = variable(for: path)
            guard let value = environment[name], !value.isEmpty, !isServiceLink(value) else { return nil }
            return ConfigurationOverride(path: path, value: value, origin: name)
        }
    }

    static func variable(for path: String) -> String {
        "KPIPE_" + path.uppercased().map { $0 == "." ? "_" : $0 }
    }

    /// Kubernetes sets `KPIPE_PORT=tcp://10.0.0.7:80` in every pod of a namespace that has a Service called `kpipe`.
    private static func isServiceLink(_ value: String) -> Bool {
        value.hasPrefix("tcp://") || value.hasPrefix("udp://") || value.hasPrefix("sctp://")
    }

    /// `document` with this field set.
    func applied(to document: YAMLNode) -> YAMLNode {
        Self.set(path.split(separator: "."), to: YAMLNode(.scalar(YAMLScalar(value))), in: document)
    }

    private static func set(_ path: [Substring], to value: YAMLNode, in node: YAMLNode) -> YAMLNode {
        guard let name = path.first.map(String.init) else { return value }
        var mapping: YAMLMapping
        switch node.content {
        case .mapping(let present): mapping = present
        case .scalar(let scalar) where scalar.isNull: mapping = YAMLMapping()
        // Not a mapping: left as it is, so that the decoder says so.
        default: return node
        }
        let inner = mapping[name] ?? YAMLNode(.scalar(YAMLScalar("")), at: node.mark)
        mapping.set(name, to: set(Array(path.dropFirst()), to: value, in: inner))
        return YAMLNode(.mapping(mapping), at: node.mark)
    }
}
