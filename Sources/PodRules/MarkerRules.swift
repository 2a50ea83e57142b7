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

/// What is known about sidecars of a name or an image: shipped for the usual ones, and an operator's own.
package struct SidecarRule: Sendable, Equatable {
    /// Of containers.
    package var names: [String] = []
    /// Last parts of image names, without tag and digest: `proxyv2`.
    package var images: [String] = []
    /// Counts as a sidecar without a marker of its own, in pods that carry one or in namespaces that ask for it.
    package var isKnown = true
    package var quit: QuitEndpoint?
    /// Exits with 0 on SIGTERM, so that a signal does not spoil the pod's result.
    package var exitsWithZero = false
    /// Instead of SIGTERM, where the container is told from inside.
    package var exec: ExecStop?
    /// Instead of the marker's or the default ladder.
    package var ladder: [Rung]?

    package init() {}

    package init(names: [String], images: [String], quit: QuitEndpoint? = nil, exitsWithZero: Bool = false) {
        self.names = names
        self.images = images
        self.quit = quit
        self.exitsWithZero = exitsWithZero
    }

    /// Those that most clusters have.
    package static let shipped = KnownSidecar.all.map { SidecarRule(names: $0.names, images: $0.images, quit: $0.quit) }

    /// `registry:5000/istio/proxyv2:1.20@sha256:…` is `proxyv2`.
    package static func repository(of image: String) -> String {
        let text = image.utf8
        let slash = text.dropLast(text.last == UInt8(ascii: "/") ? 1 : 0).lastIndex(of: UInt8(ascii: "/"))
        let last = text[(slash.map { text.index(after: $0) } ?? text.startIndex)...]
        let end = last.firstIndex { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "/") }
        return String(image[last.startIndex..<(end ?? last.endIndex)])
    }
}

/// Where sidecars stand in a list, by what they are recognised by: every container of every marked pod is looked up.
struct SidecarPlaces: Sendable, Equatable {
    private var byName: [String: Int] = [:]
    private var byImage: [String: Int] = [:]

    static let shipped = SidecarPlaces(KnownSidecar.all.map { ($0.names, $0.images) })

    init(_ sidecars: [(names: [String], images: [String])]) {
        for (place, sidecar) in sidecars.enumerated() {
            for name in sidecar.names where byName[name] == nil { byName[name] = place }
            for image in sidecar.images where byImage[image] == nil { byImage[image] = place }
        }
    }

    /// The first in the list that covers the container.
    func first(name: String, image: String) -> Int? {
        let shown = byImage[SidecarRule.repository(of: image)]
        guard let named = byName[name] else { return shown }
        return min(named, shown ?? named)
    }
}
