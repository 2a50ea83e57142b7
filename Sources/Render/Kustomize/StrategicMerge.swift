internal import Conversion
internal import YAMLTree

/// Carries a strategic merge patch out as Kustomize does: elements of lists are found by their keys, and those that the patch
/// names stand first.
enum StrategicMerge {
    /// Lists of a pod that are merged, and by which of their fields. Those of custom resources are replaced whole.
    private static let keys = [
        "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "env": "name", "volumes": "name",
        "imagePullSecrets": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath",
        "ports": "containerPort",
        "hostAliases": "ip",
    ]
    private static let directive = "$patch"

    static func merge(_ patch: YAMLNode, into object: YAMLNode) -> YAMLNode? {
        let group = (object["apiVersion"]?.text ?? "").split(separator: "/").dropLast().first ?? ""
        return merge(patch, into: object, field: "", isTyped: !group.contains("."))
    }

    /// - Returns: `nil` where the patch takes the value away.
    private static func merge(_ patch: YAMLNode, into value: YAMLNode?, field: String, isTyped: Bool) -> YAMLNode? {
        switch patch.content {
        case .scalar(let scalar): return scalar.isNull && patch.tag == nil ? nil : patch
        case .mapping(let mapping):
            let word = mapping[directive]?.text
            guard word != "delete" else { return nil }
            var result = word == "replace" ? YAMLMapping() : value?.mapping ?? YAMLMapping()
            for pair in mapping.pairs where !pair.key.hasPrefix("$") {
                let merged = merge(pair.value, into: result[pair.key], field: pair.key, isTyped: isTyped)
                result = result.setting(pair.key, to: merged)
            }
            return YAMLNode(.mapping(result), at: patch.mark)
        case .sequence(let elements):
            let isReplaced = elements.contains { $0[directive]?.text == "replace" && $0.mapping?.pairs.count == 1 }
            let own = elements.filter { $0.mapping?.pairs.count != 1 || $0[directive] == nil }
            guard let key = keys[field], isTyped, !isReplaced else { return YAMLNode(.sequence(own), at: patch.mark) }
            var rest = value?.sequence ?? []
            let first = own.compactMap { element in
                let same = rest.firstIndex { $0[key]?.text == element[key]?.text }
                return merge(element, into: same.map { rest.remove(at: $0) }, field: "", isTyped: isTyped)
            }
            return YAMLNode(.sequence(first + rest), at: patch.mark)
        }
    }
}
