import Basics
package import ConfigSchema
import WorkdirProtocol
import YAMLTree

/// Where a configuration comes from: `--config FILE`, else the document in `KPIPE_CONFIG`, else nothing but defaults;
/// then single fields from `KPIPE_*` variables, then from flags.
package struct ConfigurationSources: Sendable {
    var file: String?
    var environment: [String: String]
    var flags: [ConfigurationOverride]

    /// The variable that holds a whole document.
    private static let documentVariable = AgentVariable.config
    /// Far beyond any configuration a person writes.
    private static let limits = YAMLLimits(bytes: 4 << 20, depth: 32, nodes: 200_000)

    package init(file: String? = nil, environment: [String: String], flags: [ConfigurationOverride] = []) {
        self.file = file
        self.environment = environment
        self.flags = flags
    }

    package var pod: PodIdentity {
        let namespace = try? SmallFile.text(PodIdentity.serviceAccountNamespaceFile)
        var pod = PodIdentity(environment: environment, serviceAccountNamespace: namespace)
        pod.name = pod.name ?? (try? SmallFile.text("/proc/sys/kernel/hostname"))
        return pod
    }

    /// Reads, decodes and checks; the error lists everything that is wrong.
    package func load() throws(ConfigurationError) -> AgentConfiguration {
        let (source, document) = try document()
        var (node, decoding) = prepare(document)
        let isEmpty = node.scalar?.isNull == true
        let configuration = isEmpty ? AgentConfiguration() : Shape.object().decode(node, &decoding)
        guard let configuration, decoding.problems.isEmpty else {
            throw ConfigurationError(source: source, problems: decoding.problems)
        }
        return configuration
    }

    /// The fields of the document that are sound each for itself, where `load` refuses it as a whole, and defaults for the
    /// others: a step that is wrongly configured still says so where its configuration says.
    package func soundFields() -> AgentConfiguration {
        let nothing = YAMLNode(.mapping(YAMLMapping()))
        let document = (try? document())?.document ?? nothing
        // Flags and variables hold also where the document is none.
        let (node, decoding) = prepare(document.mapping == nil ? nothing : document)
        return AgentConfiguration.sound(in: node, decoding)
    }

    /// What flags and variables say set into the document.
    private func prepare(_ document: YAMLNode) -> (YAMLNode, Decoding) {
        let overrides = ConfigurationOverride.environment(environment) + flags
        let placeholders = Placeholders(pod: pod, environment: environment)
        let decoding = Decoding(
            origins: Dictionary(overrides.map { ($0.path, $0.origin) }, uniquingKeysWith: { $1 }),
            fill: placeholders.fill)
        return (overrides.reduce(document) { $1.applied(to: $0) }, decoding)
    }

    private func document() throws(ConfigurationError) -> (source: String, document: YAMLNode) {
        let source = file ?? Self.documentVariable
        let bytes: [UInt8]
        do throws(SmallFile.Failure) {
            bytes =
                if let file { try SmallFile.bytes(file, limit: Self.limits.bytes, pipes: true) } else {
                    Array((environment[Self.documentVariable] ?? "").utf8)
                }
        } catch {
            let message = "cannot be read: \(error.reason)"
            throw ConfigurationError(source: source, problems: [.init(path: "", message: message)])
        }
        do throws(YAMLError) {
            return (source, try YAMLNode(parsing: bytes, limits: Self.limits))
        } catch {
            throw ConfigurationError(
                source: source, problems: [.init(path: "", mark: error.mark, message: error.message)])
        }
    }
}

/// One field set from outside the document.
package struct ConfigurationOverride: Sendable, Equatable {
    /// Dotted: `monitor.interval`.
    var path: String
    var value: String
    /// The flag or variable, for messages: `--grace`, `KPIPE_GRACE`.
    var origin: String

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

    /// `--state-dir` for `stateDir`.
    package static func flag(for path: String) -> String { "--" + words(of: path, joinedBy: "-") }

    private static func words(of path: String, joinedBy mark: String) -> String {
        path.reduce(into: "") { words, character in
            words += character == "." ? mark : character.isUppercase ? mark + character.lowercased() : String(character)
        }
    }

    static func variable(for path: String) -> String {
        "KPIPE_" + words(of: path, joinedBy: "_").uppercased()
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
