internal import YAMLTree

/// One or more kubeconfig files as one, by client-go's rule: what the first file names is not changed by later ones,
/// not even in the fields that the first leaves out.
///
/// Only names are looked at here. What a context, cluster or user holds is read when it is chosen, so that a mistake in
/// another cluster's entry stops nobody.
struct Kubeconfig: Sendable {
    private(set) var currentContext: String?
    private(set) var contexts: [String: ConfigSection] = [:]
    private(set) var clusters: [String: ConfigSection] = [:]
    private(set) var users: [String: ConfigSection] = [:]

    init() {}

    init(parsing bytes: [UInt8], file: String) throws(KubeError) {
        let node: YAMLNode
        do { node = try YAMLNode(parsing: bytes, limits: YAMLLimits(bytes: LocalFile.limit)) } catch {
            throw ConfigSection.problem(in: file, at: error.mark, error.message)
        }
        // An empty file is an empty configuration.
        if node.scalar?.isNull == true { return }
        guard node.mapping != nil else {
            throw ConfigSection.problem(in: file, at: node.mark, "expected a mapping (kind: Config)")
        }
        let root = ConfigSection(file: file, path: "", node: node)
        if let kind = try root.text("kind"), kind != "Config" { throw root.problem("kind", "expected Config") }
        if let version = try root.text("apiVersion"), version != "v1" {
            throw root.problem("apiVersion", "expected v1")
        }
        currentContext = try root.text("current-context")
        contexts = try Self.entries("contexts", "context", of: root)
        clusters = try Self.entries("clusters", "cluster", of: root)
        users = try Self.entries("users", "user", of: root)
    }

    private static func entries(
        _ list: String, _ content: String, of root: ConfigSection
    ) throws(KubeError) -> [String: ConfigSection] {
        var entries: [String: ConfigSection] = [:]
        for entry in try root.sections(list) {
            guard let name = try entry.text("name") else { throw entry.problem(nil, "expected a name") }
            let inner = try entry.section(content)
            // Of equal names in one file the last counts, as in client-go.
            entries[name] = ConfigSection(
                file: root.file, path: "\(list)[\(name)].\(content)",
                node: inner?.node ?? YAMLNode(.mapping(YAMLMapping()), at: entry.node.mark))
        }
        return entries
    }

    /// Adds what `other`, read later, has and this has not.
    mutating func merge(_ other: Kubeconfig) {
        currentContext = currentContext ?? other.currentContext
        contexts.merge(other.contexts) { first, _ in first }
        clusters.merge(other.clusters) { first, _ in first }
        users.merge(other.users) { first, _ in first }
    }

    var isEmpty: Bool { currentContext == nil && contexts.isEmpty && clusters.isEmpty && users.isEmpty }
}
