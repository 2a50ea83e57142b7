/// A pod taken apart: who is main, and who is to move.
package struct ManifestPod {
    package let place: PodPlace
    package let containers: [ManifestContainer]
    package let initContainers: [ManifestContainer]

    package var spec: SourceNode { place.spec }
    package var annotations: SourceNode? { place.metadata?["annotations"] }
    /// Pods that end by themselves, where a sidecar keeps them open.
    package var isToEnd: Bool {
        let policy = spec["restartPolicy"]?.text
        return policy == "Never" || policy == "OnFailure"
    }

    package init(_ place: PodPlace) throws(EditRefusal) {
        self.place = place
        containers = try ManifestContainer.list(place.spec["containers"], called: "containers")
        initContainers = try ManifestContainer.list(place.spec["initContainers"], called: "initContainers")
        var names: Set<String> = []
        for container in containers + initContainers where !names.insert(container.name).inserted {
            throw EditRefusal(.duplicateName, at: container.node, "the name \(container.name) is taken already")
        }
    }

    /// The sidecars among `containers`, by marker, by name or known.
    package func sidecars(_ options: ConversionOptions) throws(EditRefusal) -> [ManifestContainer] {
        var named = options.sidecars
        for list in Marker.lists.compactMap({ annotations?[$0] }) {
            let names = Marker.names(list.text ?? "")
            let existing = Set((containers + initContainers).map(\.name))
            for name in names where !existing.contains(name) {
                throw EditRefusal(
                    .unknownContainer, at: list,
                    "there is no container \(name); there are "
                        + existing.sorted().joined(separator: ", "))
            }
            named.formUnion(names)
        }
        let primary = try primary(options)
        return containers.filter { container in
            guard container.name != primary else { return false }
            return primary != nil || named.contains(container.name) || Marker.marks(container)
                || options.detectsKnown && container.known != nil
        }
    }

    private func primary(_ options: ConversionOptions) throws(EditRefusal) -> String? {
        if let primary = options.primary, containers.contains(where: { $0.name == primary }) { return primary }
        for key in Marker.primaries {
            guard let node = annotations?[key], let name = node.text else { continue }
            guard containers.contains(where: { $0.name == name }) else {
                throw EditRefusal(.unknownContainer, at: node, "there is no container \(name)")
            }
            return name
        }
        return nil
    }

    /// An injector's placeholder, which is filled in at admission, or what it has filled in.
    package func isInjected(_ container: ManifestContainer) -> Bool {
        guard let injector = container.known?.injector else { return false }
        return container.image == nil || container.image == "auto" || injector.sign(of: self) != nil
    }
}
