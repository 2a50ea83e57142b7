/// Finds the pods of a document by its kind, or by the paths that a user gave for custom resources.
package struct PodFinder {
    /// Dotted; `[]` behind a name means every element of a list: `spec.workers[].template.spec`.
    package let customPaths: [String]

    package enum Finding {
        case pods([PodPlace])
        case unknownKind(String)
    }

    private static let paths: [String: [String]] = [
        "Pod": ["spec"], "PodTemplate": ["template", "spec"], "Job": ["spec", "template", "spec"],
        "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
        "Deployment": ["spec", "template", "spec"], "StatefulSet": ["spec", "template", "spec"],
        "DaemonSet": ["spec", "template", "spec"], "ReplicaSet": ["spec", "template", "spec"],
        "ReplicationController": ["spec", "template", "spec"],
    ]
    private static let builtInGroups: Set<String> = ["v1", "apps/v1", "batch/v1", "batch/v1beta1"]

    package func find(in root: SourceNode) throws(EditRefusal) -> Finding {
        var pods: [PodPlace] = []
        let unknown = try find(in: root, above: [], into: &pods)
        if pods.isEmpty, let unknown { return .unknownKind(unknown) }
        return .pods(pods)
    }

    private func find(
        in object: SourceNode, above: [SourceNode], into pods: inout [PodPlace]
    ) throws(EditRefusal) -> String? {
        guard object.isMapping, let kind = object["kind"]?.text else {
            return object.isNull ? nil : "a document without kind"
        }
        if kind.hasSuffix("List"), let items = object["items"], let elements = items.elements, above.count < 16 {
            var unknown: String?
            for item in elements where !item.isAlias {
                unknown = try find(in: item, above: above + [object, items], into: &pods) ?? unknown
            }
            return unknown
        }
        let isBuiltIn = object["apiVersion"]?.text.map { Self.builtInGroups.contains($0) } ?? true
        if isBuiltIn, let path = Self.paths[kind] {
            try walk(object, path[...], owner: nil, above: above, into: &pods)
            return nil
        }
        let before = pods.count
        for path in customPaths {
            try walk(
                object, path.split(separator: ".").map(String.init)[...], owner: nil, above: above,
                into: &pods)
        }
        return pods.count == before ? kind : nil
    }

    private func walk(
        _ node: SourceNode, _ path: ArraySlice<String>, owner: SourceNode?, above: [SourceNode],
        into pods: inout [PodPlace]
    ) throws(EditRefusal) {
        guard let step = path.first else {
            guard node.isMapping else {
                throw EditRefusal(.shape, at: node, "expected the spec of a pod to be a mapping")
            }
            let job = above.dropLast().last
            pods.append(
                PodPlace(
                    spec: node, metadata: owner?["metadata"], podFailurePolicy: job?["podFailurePolicy"],
                    above: above))
            return
        }
        let name = step.hasSuffix("[]") ? String(step.dropLast(2)) : step
        guard node.isMapping || node.isNull else {
            throw EditRefusal(.shape, at: node, "expected a mapping that holds \(name)")
        }
        guard let value = node[name] else { return }
        let rest = path.dropFirst()
        guard step.hasSuffix("[]") else {
            return try walk(value, rest, owner: node, above: above + [node], into: &pods)
        }
        for element in value.elements ?? [] {
            try walk(element, rest, owner: node, above: above + [node, value], into: &pods)
        }
    }
}
