internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import OperatorConfiguration
internal import PodRules

/// Which pods are followed, and what is read of them.
enum PodScope {
    /// A pod that is finished needs nobody; phase alone says no more than that (see `Verdict`).
    private static let fieldSelector = "spec.restartPolicy!=Always,status.phase!=Succeeded,status.phase!=Failed"

    static func scope(_ options: TerminatorOptions, _ configuration: TerminatorConfiguration) -> WatchScope {
        WatchScope(
            .pods, namespace: options.namespace, labelSelector: configuration.labelSelector ?? "",
            fieldSelector: fieldSelector, encoding: .protobuf)
    }

    /// Those whose phase we hold: finished by their phase, although a sidecar runs on. Whoever leads next, or led when the
    /// watch broke, finds them here until they are closed.
    static func heldScope(_ options: TerminatorOptions, _ configuration: TerminatorConfiguration) -> WatchScope {
        var scope = scope(options, configuration)
        scope.fieldSelector = ""
        scope.labelSelector = [scope.labelSelector, WellKnownNames.Label.held].filter { !$0.isEmpty }
            .joined(separator: ",")
        return scope
    }

    static func selection(_ rules: MarkerRules, _ namespaces: KnownNamespaces) -> PodSelection {
        let variables = [WellKnownNames.Variable.terminate, WellKnownNames.Variable.terminateWithImage]
        let markers = rules.sidecarAnnotations + rules.primaryAnnotations
        let marks = PodSelection.Marks(
            environment: NameSet(variables), annotations: NameSet(markers),
            labels: [WellKnownNames.Label.terminateKnown], isMarkedNamespace: { namespaces.contains($0) })
        return PodSelection(
            marks: marks, environment: NameSet(variables + [WellKnownNames.Variable.ignoreExitCode, "PATH"]),
            annotations: NameSet(
                markers + [WellKnownNames.Annotation.terminator, WellKnownNames.Annotation.progress],
                prefixes: [WellKnownNames.Annotation.quitPrefix]),
            labels: [WellKnownNames.Label.terminateKnown, WellKnownNames.Label.held])
    }
}
