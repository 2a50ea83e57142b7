internal import YAMLTree

/// Native sidecars that lost their `restartPolicy`: webhooks built with libraries from before 1.28 drop the fields they
/// do not know. What is left is an ordinary init container that never ends, so the pod would never start.
///
/// Nobody has to remember anything: the object's managed fields say what its creator sent.
struct StrippedPolicies {
    /// Of the containers, in their order.
    let names: [String]
    /// The pod with their policies.
    let restored: YAMLNode

    init(_ pod: YAMLNode) {
        let sent = SentContainers(pod)
        var names: [String] = []
        let containers = pod["spec"]?["initContainers"]?.sequence ?? []
        let mended = containers.map { container in
            guard let name = container["name"]?.text, container["restartPolicy"] == nil,
                sent.natives.contains(name) || sent.ordinary.contains(name) || Self.canOnlyBeNative(container)
            else { return container }
            names.append(name)
            return container.setting(["restartPolicy"], to: YAMLNode(.scalar(.init("Always", style: .doubleQuoted))))
        }
        self.names = names
        restored = names.isEmpty ? pod : pod.setting(["spec", "initContainers"], to: YAMLNode(.sequence(mended)))
    }

    /// The API server refuses these fields in other init containers.
    private static func canOnlyBeNative(_ container: YAMLNode) -> Bool {
        ["startupProbe", "readinessProbe", "livenessProbe", "lifecycle"].contains { container[$0]?.mapping != nil }
    }
}

/// The containers as their creator sent them, by `metadata.managedFields`.
private struct SentContainers {
    /// Init containers with a restart policy.
    private(set) var natives: Set<String> = []
    /// Ordinary containers: if one is among the init containers now, somebody made it a native sidecar.
    private(set) var ordinary: Set<String> = []

    init(_ pod: YAMLNode) {
        for entry in pod["metadata"]?["managedFields"]?.sequence ?? [] {
            let spec = entry["fieldsV1"]?["f:spec"]
            for (name, fields) in Self.elements(spec?["f:initContainers"]) where fields["f:restartPolicy"] != nil {
                natives.insert(name)
            }
            ordinary.formUnion(Self.elements(spec?["f:containers"]).map(\.name))
        }
    }

    /// `{"k:{\"name\":\"main\"}": {…}}`
    private static func elements(_ list: YAMLNode?) -> [(name: String, fields: YAMLNode)] {
        (list?.mapping?.pairs ?? []).compactMap { pair in
            guard pair.key.hasPrefix("k:"),
                let name = (try? YAMLNode(json: Array(pair.key.utf8.dropFirst(2))))?["name"]?.text
            else { return nil }
            return (name, pair.value)
        }
    }
}

extension YAMLNode {
    /// With another value at a path of mappings.
    fileprivate func setting(_ path: ArraySlice<String>, to value: YAMLNode) -> YAMLNode {
        guard let first = path.first else { return value }
        var mapping = mapping ?? YAMLMapping()
        let inner = mapping[first] ?? YAMLNode(.mapping(YAMLMapping()))
        mapping.set(first, to: inner.setting(path.dropFirst(), to: value))
        return YAMLNode(.mapping(mapping), at: mark)
    }
}
