import KubeModel
import PodRules

/// Looks through an object for pods that carry a marker, wherever they stand: those that no known path leads to would be
/// passed on silently.
struct MarkerSearch {
    private let rules: MarkerRules
    /// Specs that are known already, by their place.
    private let reached: Set<Int>
    private(set) var found: [(containers: SourceNode, what: String)] = []

    init(_ rules: MarkerRules, reached: [PodPlace]) {
        self.rules = rules
        self.reached = Set(reached.map(\.spec.index))
    }

    mutating func look(through object: SourceNode) {
        // Most documents have no such list, which one look along the values tells.
        let tree = object.tree
        guard (object.index..<tree.next(object.index)).contains(where: { tree.reads($0, "containers") }) else { return }
        look(at: object, owner: nil, depth: 0)
    }

    private mutating func look(at node: SourceNode, owner: SourceNode?, depth: Int) {
        guard depth < 64, !node.isAlias, !reached.contains(node.index) else { return }
        for element in node.elements ?? [] { look(at: element, owner: node, depth: depth + 1) }
        guard let pairs = node.pairs else { return }
        if let list = node.ownPair("containers")?.value, let what = marker(list, owner?["metadata"]) {
            found.append((list, what))
        }
        for pair in pairs { look(at: pair.value, owner: node, depth: depth + 1) }
    }

    /// Names come last: a container of a custom resource may have none.
    private func marker(_ list: SourceNode, _ metadata: SourceNode?) -> String? {
        let containers = (list.elements ?? []).filter(\.isMapping).enumerated().map {
            ManifestContainer(node: $1, name: $1["name"]?.text ?? "", index: $0)
        }
        for container in containers {
            if let variable = container.marks.variable { return "the variable \(variable)" }
            if container.isNativeSidecar { return "restartPolicy: Always of a container" }
        }
        guard !containers.isEmpty, let annotations = metadata?["annotations"] else { return nil }
        return (rules.sidecarAnnotations + rules.primaryAnnotations)
            .first { annotations[$0]?.text?.isEmpty == false }.map { "the annotation \($0)" }
    }
}
