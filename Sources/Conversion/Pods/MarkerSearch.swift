import KubeModel
import PodRules

/// Looks through an object for pods that carry a marker, wherever they stand: those that no known path leads to would be
/// passed on silently.
struct MarkerSearch {
    private let rules: MarkerRules
    /// Specs that are known already, by their place.
    private let reached: Set<Int>
    /// The lists, what marks a container in them, and whether a pod's spec may lie there.
    private(set) var found: [(containers: SourceNode, what: String, isPod: Bool)] = []

    init(_ rules: MarkerRules, reached: [PodPlace]) {
        self.rules = rules
        self.reached = Set(reached.map(\.spec.index))
    }

    mutating func look(through object: SourceNode) {
        // Most documents have no such list, which one look along the values tells.
        let tree = object.tree
        let names = ["containers", "env"]
        guard
            (object.index..<tree.next(object.index)).contains(where: { node in names.contains { tree.reads(node, $0) } }
            )
        else { return }
        look(at: object, owner: nil, depth: 0)
    }

    private mutating func look(at node: SourceNode, owner: SourceNode?, depth: Int) {
        guard depth < 64, !node.isAlias, !reached.contains(node.index) else { return }
        for element in node.elements ?? [] { look(at: element, owner: node, depth: depth + 1) }
        guard let pairs = node.pairs else { return }
        if let list = node.ownPair("containers")?.value, let what = marker(list, owner?["metadata"]) {
            found.append((list, what, true))
        }
        for pair in pairs {
            // An operator may make containers of any list; init containers end or are native.
            if !pair.name.lowercased().hasSuffix("initcontainers"), pair.name != "containers",
                let variable = Self.containers(pair.value).lazy.compactMap(\.marks.variable).first
            {
                found.append((pair.value, "the variable \(variable)", false))
            }
            look(at: pair.value, owner: node, depth: depth + 1)
        }
    }

    private static func containers(_ list: SourceNode) -> [ManifestContainer] {
        guard !list.isAlias else { return [] }
        return (list.elements ?? []).filter(\.isMapping).enumerated().map {
            ManifestContainer(node: $1, index: $0)
        }
    }

    /// Names come last: a container of a custom resource may have none.
    private func marker(_ list: SourceNode, _ metadata: SourceNode?) -> String? {
        let containers = Self.containers(list)
        for container in containers {
            if let variable = container.marks.variable { return "the variable \(variable)" }
            if container.isNativeSidecar { return "restartPolicy: Always of a container" }
        }
        let label = WellKnownNames.Label.terminateKnown
        if metadata?.at("labels", label)?.text == WellKnownNames.Label.enabled,
            containers.contains(where: { rules.rule(for: $0.marks)?.isKnown == true })
        {
            return "the label \(label)"
        }
        guard !containers.isEmpty, let annotations = metadata?["annotations"] else { return nil }
        return (rules.sidecarAnnotations + rules.primaryAnnotations)
            .first { annotations[$0]?.text?.isEmpty == false }.map { "the annotation \($0)" }
    }
}
