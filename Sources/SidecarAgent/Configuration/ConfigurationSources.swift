internal import Basics
package import ConfigSchema
internal import Transfer
internal import WorkdirProtocol
internal import YAMLTree

/// Where a configuration comes from: `--config FILE`, else the document in `KPIPE_CONFIG`, else nothing but defaults;
/// then single fields from `KPIPE_*` variables, then from flags.
package struct ConfigurationSources: Sendable {
    package var file: String?
    package var environment: [String: String]
    package var flags: [ConfigurationOverride]

    /// The variable that holds a whole document.
    package static let documentVariable = AgentVariable.config
    /// Far beyond any configuration a person writes.
    static let limits = YAMLLimits(bytes: 4 << 20, depth: 32, nodes: 200_000)

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
        let overrides = ConfigurationOverride.environment(environment) + flags
        let node = overrides.reduce(document) { $1.applied(to: $0) }
        let isEmpty = node.scalar?.isNull == true
        let placeholders = Placeholders(pod: pod, environment: environment)
        var decoding = Decoding(
            origins: Dictionary(overrides.map { ($0.path, $0.origin) }, uniquingKeysWith: { $1 }),
            fill: placeholders.fill)
        let configuration = isEmpty ? AgentConfiguration() : Shape.object().decode(node, &decoding)
        guard let configuration, decoding.problems.isEmpty else {
            throw ConfigurationError(source: source, problems: decoding.problems)
        }
        return configuration
    }

    private func document() throws(ConfigurationError) -> (source: String, document: YAMLNode) {
        let source = file ?? Self.documentVariable
        let bytes: [UInt8]
        do {
            bytes =
                try file.map { try SmallFile.bytes($0, limit: Self.limits.bytes) }
                ?? Array((environment[Self.documentVariable] ?? "").utf8)
        } catch {
            throw ConfigurationError(source: source, problems: [.init(path: "", message: "\(error)")])
        }
        do throws(YAMLError) {
            return (source, try YAMLNode(parsing: bytes, limits: Self.limits))
        } catch {
            throw ConfigurationError(
                source: source, problems: [.init(path: "", mark: error.mark, message: error.message)])
        }
    }
}
