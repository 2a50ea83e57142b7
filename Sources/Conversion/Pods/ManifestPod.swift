internal import KubeModel
internal import PodRules

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

    /// The sidecars among `containers`: by the markers, or because the caller says so.
    package func sidecars(_ options: ConversionOptions) throws(EditRefusal) -> [ManifestContainer] {
        let roles = roles(of: containers, besides: initContainers, options)
        let primary = containers.first { $0.name == options.primary }?.name
        for finding in roles.findings where primary == nil || finding.container != roles.missingPrimary {
            let names = (containers + initContainers).map(\.name).sorted().joined(separator: ", ")
            throw EditRefusal(
                .unknownContainer, at: annotations?[finding.annotation] ?? spec,
                "there is no container \(finding.container); there are \(names)")
        }
        return zip(containers, roles.roles).filter { container, role in
            if let primary { return container.name != primary }
            return role.isSidecar || options.sidecars.contains(container.name) && !role.isPrimary
        }.map(\.0)
    }

    /// Whether containers that stay are main although these annotations go and all others have become native.
    func areMain(_ mains: [ManifestContainer], without annotations: [String], _ options: ConversionOptions) -> Bool {
        let roles = roles(of: mains, besides: containers + initContainers, without: annotations, options)
        return roles.findings.isEmpty && !roles.roles.contains(where: \.isSidecar)
    }

    private func roles(
        of containers: [ManifestContainer], besides others: [ManifestContainer], without dropped: [String] = [],
        _ options: ConversionOptions
    ) -> PodRoles {
        let labels = place.metadata?["labels"]
        return PodRoles(
            containers.map(\.marks), initContainers: others.map(\.name), rules: options.rules,
            countsKnown: options.countsKnown || options.detectsKnown,
            annotation: { dropped.contains($0) ? nil : annotations?[$0]?.text }, label: { labels?[$0]?.text })
    }

    /// An injector's placeholder, which is filled in at admission, or what it has filled in.
    package func isInjected(_ container: ManifestContainer) -> Bool {
        guard let injector = container.known?.injector else { return false }
        return container.image == nil || container.image == "auto" || injector.sign(of: self) != nil
    }
}

extension Injector {
    /// The label or annotation by which the pod asks for its sidecar.
    func sign(of pod: ManifestPod) -> SourceNode? {
        [pod.annotations, pod.place.metadata?["labels"]].lazy.compactMap { $0?[sign.key] }
            .first { $0.text?.lowercased() == sign.value }
    }

    func isSwitched(by pod: ManifestPod) -> Bool {
        pod.annotations?[toggle.key]?.text?.lowercased() == toggle.value
    }
}

/// What goes from a pod once the kubelet ends its sidecars.
enum SpentMarkers {
    static let variables: Set<String> = [
        WellKnownNames.Variable.terminate, WellKnownNames.Variable.terminateWithImage,
        WellKnownNames.Variable.ignoreExitCode, WellKnownNames.Variable.eciType,
        WellKnownNames.Variable.eciIgnoreExitCode,
    ]
    /// Flyte's annotation of the main container stays where it is: Flyte goes by it.
    private static let annotations: Set<String> = [
        WellKnownNames.Annotation.sidecars, WellKnownNames.Annotation.nrmitchiSidecars,
        WellKnownNames.Annotation.primaryContainer, WellKnownNames.Annotation.quit,
    ]
    /// On how somebody ends the container whose name follows.
    private static let endings = [WellKnownNames.Annotation.quitPrefix, WellKnownNames.Annotation.argoKillPrefix]

    /// Whether an annotation means nothing any more when all sidecars of a pod, `moved` among them, are native.
    static func contain(_ annotation: String, moved: [String]) -> Bool {
        annotations.contains(annotation)
            || endings.contains { prefix in moved.contains { annotation == prefix + $0 } }
    }
}

extension SourceNode {
    var isTrue: Bool { text?.lowercased() == "true" }
}
