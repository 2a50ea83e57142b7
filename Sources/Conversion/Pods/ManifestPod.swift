internal import KubeModel
internal import PodRules
package import YAMLTree

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

    /// Those of a stream; what has not the shape of one is none.
    package static func all(in bytes: [UInt8], podSpecPaths: [String]) throws(YAMLError) -> [ManifestPod] {
        var reader = try SourceReader(bytes, limits: StreamConverter.limits)
        var pods: [ManifestPod] = []
        while let document = try reader.document() {
            let found = try? PodFinder(customPaths: podSpecPaths).find(in: document.root)
            pods += found?.pods.compactMap { try? ManifestPod($0) } ?? []
        }
        return pods
    }

    package init(_ place: PodPlace) throws(EditRefusal) {
        self.place = place
        containers = try ManifestContainer.list(place.spec["containers"], called: "containers")
        initContainers = try ManifestContainer.list(place.spec["initContainers"], called: "initContainers")
        var names: Set<String> = []
        for list in [containers, initContainers] {
            for container in list where !names.insert(container.name).inserted {
                throw EditRefusal(.duplicateName, at: container.node, "the name \(container.name) is taken already")
            }
        }
    }

    /// The sidecars among `containers`: by the markers, or because the caller says so. Those that are merely known are
    /// asked about where something speaks against it.
    func sidecars(_ options: ConversionOptions, _ findings: inout Findings) throws(EditRefusal) -> [ManifestContainer] {
        let roles = roles(of: containers, besides: initContainers, options)
        let primary = options.primary.flatMap { name in containers.first { $0.name == name }?.name }
        for finding in roles.findings where primary == nil || finding.container != roles.missingPrimary {
            let names = (containers + initContainers).map(\.name).sorted().joined(separator: ", ")
            throw EditRefusal(
                .unknownContainer, at: annotations?[finding.annotation] ?? spec,
                "there is no container \(finding.container); there are \(names)")
        }
        if let primary { return containers.filter { $0.name != primary } }
        let found = zip(containers, roles.roles).filter { container, role in
            role.isSidecar
                || !role.isPrimary
                    && (options.sidecars.contains(container.name) || options.countsMeant && container.isNativeSidecar)
        }
        guard options.detectsKnown, containers.count > 1 else { return found.map(\.0) }
        let detected = found.filter { $0.1 == .sidecar(.known) && !options.sidecars.contains($0.0.name) }.map(\.0)
        guard !detected.isEmpty, !asksForKnown(options) else { return found.map(\.0) }
        let doubt = DetectionDoubt(self, detected: found.map(\.0), options.services ?? ServicePorts())
        var asked: Set<String> = []
        for container in detected {
            guard let reason = doubt.reason(container) else { continue }
            asked.insert(container.name)
            findings.add(
                .detectedAsked, at: container.node,
                "\(container.name) \(reason); --sidecar \(container.name) moves it, --primary \(container.name) keeps it"
            )
        }
        return found.map(\.0).filter { !asked.contains($0.name) }
    }

    /// The containers but for some of them.
    func containers(without some: [ManifestContainer]) -> [ManifestContainer] {
        var isLeftOut = [Bool](repeating: false, count: containers.count)
        for container in some { isLeftOut[container.index] = true }
        return containers.filter { !isLeftOut[$0.index] }
    }

    /// Whether known sidecars count in this pod whoever looks at it.
    private func asksForKnown(_ options: ConversionOptions) -> Bool {
        var own = options
        own.detectsKnown = false
        return roles(of: containers, besides: initContainers, own).roles.contains { $0 == .sidecar(.known) }
    }

    /// Whether somebody named every container a sidecar: the pod itself, or the command line, which may mean another one.
    func isWhollyMarked(_ options: ConversionOptions) throws(EditRefusal) -> Bool {
        var own = options
        own.detectsKnown = false
        let roles = roles(of: containers, besides: initContainers, own).roles
        return zip(containers, roles).allSatisfy { container, role in
            role.isSidecar || containers.count > 1 && options.sidecars.contains(container.name)
        }
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

    /// How many seconds sidecars are to be left alone after main's end, by the terminator's own reading.
    var lingers: [String: Int] {
        guard let annotations,
            annotations.pairs?.contains(where: { $0.name.hasPrefix(WellKnownNames.Annotation.linger) }) == true
        else { return [:] }
        var pod = Pod()
        for pair in annotations.pairs ?? [] { pod.metadata.annotations[pair.name] = pair.value.text ?? "" }
        pod.spec.containers = containers.map { container in
            var model = Container()
            model.name = container.name
            return model
        }
        return ContainerAnnotations.lingers(of: pod).values.mapValues { Int(clamping: $0) }
    }

    /// An injector's placeholder, which is filled in at admission, or what it has filled in.
    package func isInjected(_ container: ManifestContainer) -> Bool {
        guard let injector = container.known?.injector else { return false }
        return container.image == nil || container.image == "auto"
            || container.name == injector.container && injector.sign(of: self) != nil
    }

    /// One that its injector has filled in, as no native one.
    func isFilledIn(_ container: ManifestContainer) -> Bool {
        isInjected(container) && container.image != nil && container.image != "auto"
    }

    /// Whether an injector is asked for a sidecar that is not there yet, and not told to make it native.
    func awaits(_ injector: Injector) -> Bool {
        injector.sign(of: self) != nil && !injector.isSwitched(by: self)
            && !(containers + initContainers).contains { $0.name == injector.container }
    }

    /// The first injector that may yet make an ordinary container.
    var awaitedInjector: Injector? {
        let placeholders = containers.filter(isInjected).compactMap { $0.known?.injector }
        return placeholders.first { !$0.isSwitched(by: self) } ?? Injector.all.first(where: awaits)
    }

    func isMarked(by annotation: String) -> Bool { annotations?[annotation]?.text?.isEmpty == false }
}

extension Injector {
    /// The label or annotation by which the pod asks for its sidecar.
    func sign(of pod: ManifestPod) -> SourceNode? {
        [pod.annotations, pod.place.metadata?["labels"]].lazy.compactMap { $0?[sign.key] }
            .first { $0.text.map(isAsked) == true }
    }

    func isSwitched(by pod: ManifestPod) -> Bool {
        toggles.contains { pod.annotations?[$0]?.text?.lowercased() == value }
    }
}

/// What goes from a pod once the kubelet ends its sidecars.
package enum SpentMarkers {
    static let variables: Set<String> = [
        WellKnownNames.Variable.terminate, WellKnownNames.Variable.terminateWithImage,
        WellKnownNames.Variable.ignoreExitCode, WellKnownNames.Variable.eciType,
        WellKnownNames.Variable.eciIgnoreExitCode,
    ]
    /// Flyte's annotation of the main container stays where it is: Flyte goes by it.
    private static let annotations: Set<String> = [
        WellKnownNames.Annotation.sidecars, WellKnownNames.Annotation.nrmitchiSidecars,
        WellKnownNames.Annotation.primaryContainer, WellKnownNames.Annotation.quit, WellKnownNames.Annotation.linger,
    ]
    /// On how somebody ends the container whose name follows.
    private static let endings = [
        WellKnownNames.Annotation.quitPrefix, WellKnownNames.Annotation.lingerPrefix,
        WellKnownNames.Annotation.argoKillPrefix,
    ]

    /// Whether a field is a marker of a container: a variable or an annotation.
    package static func areNamed(_ name: String, of container: String?) -> Bool {
        variables.contains(name) || contain(name, moved: Set(container.map { [$0] } ?? []))
    }

    /// Whether an annotation means nothing any more when all sidecars of a pod, `moved` among them, are native.
    static func contain(_ annotation: String, moved: Set<String>) -> Bool {
        annotations.contains(annotation)
            || endings.contains { annotation.hasPrefix($0) && moved.contains(String(annotation.dropFirst($0.count))) }
    }
}

extension SourceNode {
    var isTrue: Bool { text?.lowercased() == "true" }
}
