package import KubeModel

/// What makes a container a sidecar and which ladder it gets: the contract's markers and an operator's additions.
package struct MarkerRules: Sendable, Equatable {
    /// An operator's own come before the shipped ones; the first that covers a container counts.
    package var sidecars = SidecarRule.shipped {
        didSet { places = SidecarRule.Places(sidecars) }
    }
    private var places = SidecarRule.Places(SidecarRule.shipped)
    /// Annotations that name sidecars.
    package var sidecarAnnotations = [WellKnownNames.Annotation.sidecars]
    /// Annotations that name the only main container.
    package var primaryAnnotations = [
        WellKnownNames.Annotation.primaryContainer, WellKnownNames.Annotation.flytePrimaryContainer,
    ]
    package var ladder = Rung.configurable
    /// By marker: a variable's name or an annotation's key.
    package var markerLadders: [String: [Rung]] = [:]
    package var markerExecs: [String: ExecStop] = [:]

    package init() {}

    /// Whether anything in the pod speaks of sidecars. A pod without a marker is none of our business, unless its
    /// namespace or a label of its own asks for known sidecars.
    package func isMarked(_ pod: Pod) -> Bool {
        (sidecarAnnotations + primaryAnnotations).contains { pod.metadata.annotations[$0]?.isEmpty == false }
            || pod.spec.containers.contains { $0.sidecarVariable != nil }
    }

    package func rule(for container: Container) -> SidecarRule? {
        places.first(name: container.name, image: container.image).map { sidecars[$0] }
    }

    /// What is known of the container itself comes before what its marker says.
    package func exec(_ rule: SidecarRule?, _ reason: Role.SidecarReason) -> ExecStop {
        rule?.exec ?? reason.marker.flatMap { markerExecs[$0] } ?? ExecStop(exitsWithZero: rule?.exitsWithZero ?? false)
    }

    package func ladder(_ rule: SidecarRule?, _ reason: Role.SidecarReason) -> [Rung] {
        rule?.ladder ?? reason.marker.flatMap { markerLadders[$0] } ?? ladder
    }
}

extension Container {
    /// The literal value of a variable. Where a name stands twice the later one counts, as it does for the program.
    package func variable(_ name: String) -> String? { env.last { $0.name == name }?.value }

    /// The variable that marks this container as a sidecar.
    package var sidecarVariable: String? {
        if variable(WellKnownNames.Variable.terminate)?.lowercased() == "true" {
            return WellKnownNames.Variable.terminate
        }
        return exitImage == nil ? nil : WellKnownNames.Variable.terminateWithImage
    }

    package var exitImage: String? {
        variable(WellKnownNames.Variable.terminateWithImage).flatMap { $0.isEmpty ? nil : $0 }
    }

    package var ignoresExitCode: Bool { variable(WellKnownNames.Variable.ignoreExitCode)?.lowercased() == "true" }
}
