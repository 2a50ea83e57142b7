import KubeModel

/// By what pods and containers say which containers are sidecars, and how those end.
package enum Marker {
    package static let terminate = WellKnownNames.Variable.terminate
    private static let eciType = "ECI_CONTAINER_TYPE"

    /// Annotations that name sidecars: ours, and that of k8s-controller-sidecars.
    package static let lists = [WellKnownNames.Annotation.sidecars, "nrmitchi.com/sidecars"]
    package static let primary = WellKnownNames.Annotation.primaryContainer
    /// Flyte's own stays where it is: Flyte goes by it.
    package static let primaries = [primary, WellKnownNames.Annotation.flytePrimaryContainer]
    package static let defaultContainer = "kubectl.kubernetes.io/default-container"

    /// Variables that go once the kubelet ends the sidecar.
    package static let variables: Set<String> = [
        terminate, WellKnownNames.Variable.terminateWithImage, WellKnownNames.Variable.ignoreExitCode, eciType,
        "ECI_CONTAINER_IGNORE_EXIT_CODE",
    ]
    /// Annotations on how somebody ends the container whose name follows: ours, and Argo's.
    private static let endings = [WellKnownNames.Annotation.quitPrefix, "workflows.argoproj.io/kill-cmd-"]

    /// Whether a variable of the container makes it a sidecar: OpenKruise's two, and Alibaba's for virtual nodes.
    package static func marks(_ container: ManifestContainer) -> Bool {
        isTrue(container.environment(terminate))
            || container.environment(WellKnownNames.Variable.terminateWithImage) != nil
            || container.environment(eciType) == "sidecar"
    }

    /// Whether an annotation means nothing any more when all sidecars of a pod, `moved` among them, are native.
    package static func isSpent(_ annotation: String, moved: [String]) -> Bool {
        lists.contains(annotation) || annotation == primary
            || endings.contains { prefix in moved.contains { annotation == prefix + $0 } }
    }

    package static func isTrue(_ text: String?) -> Bool { text?.lowercased() == "true" }

    /// `a, b` as names.
    package static func names(_ text: String) -> [String] {
        text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }
}
