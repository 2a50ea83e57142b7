package import KubeModel

/// What makes a container a sidecar and which ladder it gets: the contract's markers and an operator's additions.
package struct MarkerRules: Sendable, Equatable {
    /// An operator's own come before the shipped ones; the first that covers a container counts.
    package var sidecars = SidecarRule.shipped {
        didSet { places = SidecarPlaces(sidecars.map { ($0.names, $0.images) }) }
    }
    private var places = SidecarPlaces.shipped
    /// Annotations that name sidecars.
    package var sidecarAnnotations = [WellKnownNames.Annotation.sidecars, WellKnownNames.Annotation.nrmitchiSidecars]
    /// Annotations that name the only main container.
    package var primaryAnnotations = [
        WellKnownNames.Annotation.primaryContainer, WellKnownNames.Annotation.flytePrimaryContainer,
    ]
    package var ladder = Rung.configurable
    /// By marker: a variable's name or an annotation's key.
    package var markerLadders: [String: [Rung]] = [:]
    package var markerExecs: [String: ExecStop] = [:]
    /// Pods of the cluster itself count like all others: those in `kube-system`, and those that a kubelet makes from files.
    package var countsSystemPods = false
    /// Images that a pod may name for its own sidecars' swap, since it is made by another account than the pod's author
    /// has; `*` at the end stands for anything. `nil`: any image.
    package var swapImages: [String]?

    package init() {}

    package func rule(for container: ContainerMarks) -> SidecarRule? {
        places.first(name: container.name, image: container.image).map { sidecars[$0] }
    }

    func allowsSwap(to image: String) -> Bool {
        swapImages?.contains { $0.hasSuffix("*") ? image.hasPrefix($0.dropLast()) : image == $0 } ?? true
    }

    /// What is known of the container itself comes before what its marker says.
    func exec(_ rule: SidecarRule?, _ reason: Role.SidecarReason) -> ExecStop {
        rule?.exec ?? reason.marker.flatMap { markerExecs[$0] } ?? ExecStop(exitsWithZero: rule?.exitsWithZero ?? false)
    }

    func ladder(_ rule: SidecarRule?, _ reason: Role.SidecarReason) -> [Rung] {
        rule?.ladder ?? reason.marker.flatMap { markerLadders[$0] } ?? ladder
    }
}

extension MarkerRules {
    /// What a watch has to read of pods: those that may have a sidecar, and of them all that `PodFacts` look at. Made from
    /// the names by which they look, so that a new marker cannot be forgotten here.
    ///
    /// - Parameters:
    ///   - findsStuck: whether pods without a marker that hang, or cannot begin, are found as well.
    ///   - isMarkedNamespace: whether a namespace asks for known sidecars.
    package func selection(
        findsStuck: Bool = false, isMarkedNamespace: @escaping @Sendable (String) -> Bool
    ) -> PodSelection {
        let variables = SidecarVariable.all.map(\.name)
        let annotations = sidecarAnnotations + primaryAnnotations
        return PodSelection(
            marks: PodSelection.Marks(
                environment: NameSet(variables), annotations: NameSet(annotations),
                labels: [WellKnownNames.Label.terminateKnown], isMarkedNamespace: isMarkedNamespace,
                findsStuck: findsStuck),
            environment: NameSet(variables + ContainerFacts.Variable.allCases.map(\.name)),
            annotations: NameSet(annotations + PodFacts.annotations, prefixes: [WellKnownNames.prefix]),
            labels: NameSet(prefixes: [WellKnownNames.prefix]))
    }
}
