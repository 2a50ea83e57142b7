/// Where a pod stands in a document.
package struct PodPlace {
    package let spec: SourceNode
    /// The pod's own metadata, not its owner's.
    package let metadata: SourceNode?
    package let podFailurePolicy: SourceNode?
    /// What leads to `spec`, from the root.
    package let above: [SourceNode]
    /// The object of the API that holds it: the document, or an item of a list.
    package let object: SourceNode

    /// The metadata of what holds the pod: of the object, and of a CronJob's Jobs.
    var outerMetadata: [SourceNode] {
        // Down from the object: a list around it has nothing to say.
        above.drop { $0.index != object.index }.dropLast().compactMap { $0.isMapping ? $0["metadata"] : nil }
            .filter { $0.index != metadata?.index }
    }
}

/// Finds the pods of a document by its kind, or by the paths that a user gave for custom resources.
package struct PodFinder {
    /// Dotted; `[]` behind a name means every element of a list, `*` every value of a mapping:
    /// `spec.workers[].template.spec`.
    package let customPaths: [String]

    package struct Finding {
        package fileprivate(set) var pods: [PodPlace] = []
        /// Objects that no path is known for.
        package fileprivate(set) var unknown: [SourceNode] = []
        /// Custom resources of which the paths are known, which may have pods elsewhere too.
        fileprivate(set) var custom: [SourceNode] = []
    }

    package func find(in root: SourceNode) throws(EditRefusal) -> Finding {
        var finding = Finding()
        try find(in: root, above: [], into: &finding)
        return finding
    }

    private func find(in object: SourceNode, above: [SourceNode], into finding: inout Finding) throws(EditRefusal) {
        guard object.isMapping, let kind = object["kind"]?.text else {
            if !object.isNull { finding.unknown.append(object) }
            return
        }
        if kind.hasSuffix("List"), let items = object["items"], let elements = items.elements, above.count < 16 {
            for item in elements where !item.isAlias {
                try find(in: item, above: above + [object, items], into: &finding)
            }
            return
        }
        let version = object["apiVersion"]?.text
        let known = PodKind.paths(kind: kind, version: version)
        let before = finding.pods.count
        var seen: Set<Int> = []
        // What a user says of custom resources is not said of a kind whose pods may have no native sidecars.
        let custom = PodKind.refusesNative(version) ? [] : customPaths.map(PodSpecPath.init)
        for (path, isKnown) in (known ?? []).map({ ($0, true) }) + custom.map({ ($0, false) }) {
            var walk = Walk(object: object, isKnown: isKnown, pods: [])
            try walk.go(object, path.steps[...], owner: nil, above: above)
            finding.pods += walk.pods.filter { seen.insert($0.spec.index).inserted }
        }
        if known == nil, finding.pods.count == before {
            finding.unknown.append(object)
        } else if version?.split(separator: "/").first?.contains(".") == true {
            finding.custom.append(object)
        }
    }

    private struct Walk {
        let object: SourceNode
        /// The path is the kind's own, so that another shape is a mistake; any object may be without a user's path.
        let isKnown: Bool
        var pods: [PodPlace]

        mutating func go(
            _ node: SourceNode, _ path: ArraySlice<PodSpecPath.Step>, owner: SourceNode?, above: [SourceNode]
        ) throws(EditRefusal) {
            guard let step = path.first else {
                guard isKnown || node["containers"]?.elements?.allSatisfy(\.isMapping) == true else { return }
                guard node.isMapping else {
                    throw EditRefusal(.shape, at: node, "expected the spec of a pod to be a mapping")
                }
                let job = above.dropLast().last
                pods.append(
                    PodPlace(
                        spec: node, metadata: owner?["metadata"],
                        podFailurePolicy: job?.isMapping == true ? job?["podFailurePolicy"] : nil, above: above,
                        object: object))
                return
            }
            guard node.isMapping || node.isNull else {
                guard isKnown else { return }
                throw EditRefusal(.shape, at: node, "expected a mapping that leads to a pod's spec")
            }
            let rest = path.dropFirst()
            switch step {
            case .field(let name):
                if let value = node[name] { try go(value, rest, owner: node, above: above + [node]) }
            case .elements(let name):
                guard let value = node[name] else { return }
                for element in value.elements ?? [] {
                    try go(element, rest, owner: node, above: above + [node, value])
                }
            case .values:
                for pair in node.pairs ?? [] where pair.value.isMapping {
                    try go(pair.value, rest, owner: node, above: above + [node])
                }
            }
        }
    }
}
