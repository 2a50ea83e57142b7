import KubeModel
import PodRules

/// What was meant and does not stand there: native sidecars and markers that are written where they mean nothing.
extension Findings {
    mutating func look(atMistakesIn pod: ManifestPod, _ options: ConversionOptions) {
        for container in pod.containers where container.isNativeSidecar {
            add(
                .meantNative, at: container.node["restartPolicy"] ?? container.node,
                "\(container.name) is no init container: with restartPolicy Always it is restarted for ever and no sidecar"
            )
        }
        for (index, container) in pod.initContainers.enumerated() {
            if container.isNativeSidecar {
                look(atOrderOf: container, behind: pod.initContainers[..<index])
            } else if let policy = container.node["restartPolicy"] {
                add(
                    .meantNative, at: policy,
                    "\(container.name) is an ordinary init container, which main waits for; a native sidecar has "
                        + "restartPolicy Always")
            }
        }
        look(atOuterMetadataOf: pod, options)
    }

    private mutating func look(atOrderOf sidecar: ManifestContainer, behind others: ArraySlice<ManifestContainer>) {
        guard !others.isEmpty, others.count < StartOrder.most else { return }
        let links = LocalLinks(sidecar)
        guard let asker = others.first(where: { !$0.isNativeSidecar && links.isAsked(by: $0) }) else { return }
        add(
            .lateSidecar, at: sidecar.node,
            "\(asker.name) asks \(sidecar.name), which starts only after \(asker.name) has ended; list it first")
    }

    /// The markers of a pod stand in its own metadata: a Job's own say nothing.
    private mutating func look(atOuterMetadataOf pod: ManifestPod, _ options: ConversionOptions) {
        let keys = options.rules.sidecarAnnotations + options.rules.primaryAnnotations
        for metadata in pod.place.outerMetadata {
            if let annotations = metadata["annotations"] {
                for key in keys where annotations[key]?.text?.isEmpty == false && pod.annotations?[key] == nil {
                    add(
                        .markerMisplaced, at: annotations,
                        "\(key) stands in the object's own metadata; pods get what stands in the template's")
                }
            }
            let label = WellKnownNames.Label.terminateKnown
            if let labels = metadata["labels"], labels[label]?.text == WellKnownNames.Label.enabled,
                pod.place.metadata?.at("labels", label) == nil
            {
                add(.markerMisplaced, at: labels, "\(label) stands on the object, not on its pods")
            }
        }
    }

    /// A patch is not converted: what it alone marks stays an ordinary container, and hangs.
    mutating func look(atMarkersInPatch pod: ManifestPod, _ natives: Set<String>, _ options: ConversionOptions) {
        func add(_ what: String, at node: SourceNode) {
            self.add(
                .notReached, at: node, "\(what) stands in a patch, which is not converted; mark it in what is patched")
        }
        for container in pod.containers where !natives.contains(container.name) {
            if let variable = container.marks.variable { add("\(variable) of \(container.name)", at: container.node) }
        }
        for key in options.rules.sidecarAnnotations + options.rules.primaryAnnotations {
            guard let value = pod.annotations?[key], let names = value.text, !names.isEmpty else { continue }
            let isMet =
                options.rules.primaryAnnotations.contains(key)
                ? !natives.isEmpty
                : names.split { $0 == "," || $0 == " " }.allSatisfy { natives.contains(String($0)) }
            if !isMet { add("the annotation \(key)", at: value) }
        }
    }

    /// Pods with a marker in places that no known path leads to.
    mutating func look(atUnreachedIn finding: PodFinder.Finding, _ options: ConversionOptions) {
        for object in finding.unknown + finding.custom {
            var search = MarkerSearch(options.rules, reached: finding.pods)
            search.look(through: object)
            let kind = object["kind"]?.text ?? "no kind"
            let version = object["apiVersion"]?.text
            for (containers, what, isPod) in search.found where isPod || PodKind.keeper(of: version) == nil {
                let why =
                    PodKind.refusesNative(version)
                    ? "marks a sidecar, but pods of \(kind) may have no native ones"
                    : isPod
                        ? "marks a sidecar of \(kind), whose path is not known; name it with --pod-spec-path"
                        : "marks a sidecar in a list of \(kind) that is no pod's; let its pod template have the sidecar"
                add(.notReached, at: containers, "\(what) \(why)")
            }
        }
    }
}

/// Looks through an object for pods that carry a marker, wherever they stand: those that no known path leads to would be
/// passed on silently.
private struct MarkerSearch {
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
