internal import Basics
internal import Conversion
internal import KubeModel
internal import PodRules
internal import YAMLTree

/// What whoever applies a Job or CronJob is told about its pods. The object itself is never changed: the next
/// `kubectl apply` would conflict with that.
struct WorkloadAdvice {
    private let object: YAMLNode
    private let surroundings: AdmissionSurroundings

    init(_ object: YAMLNode, _ surroundings: AdmissionSurroundings) {
        self.object = object
        self.surroundings = surroundings
    }

    var decision: AdmissionDecision {
        // A CronJob's Jobs are made by a controller, which shows warnings to nobody.
        guard object.controller == nil, let template else { return .init(.unasked) }
        let label = WellKnownNames.Label.convert
        let ownLabel = object["metadata"]?["labels"]?[label]?.text
        let podLabel = template["metadata"]?["labels"]?[label]?.text
        let converts = podLabel.map { $0 == WellKnownNames.Label.enabled } ?? surroundings.namespace?.converts ?? false
        guard converts || ownLabel == WellKnownNames.Label.enabled, podLabel != WellKnownNames.Label.disabled else {
            return .init(.unasked)
        }
        var warnings = outlook
        guard !warnings.isEmpty else { return .init(.unchanged) }
        if !converts {
            warnings = [
                "the label \(label) stands on the object, but not on its pods: put it into the pod template or on the "
                    + "namespace"
            ]
        }
        return AdmissionDecision(.advised, warnings: warnings)
    }

    private var template: YAMLNode? {
        let isCronJob = object["kind"]?.text == APIResource.cronJobs.kind
        return (isCronJob ? object["spec"]?["jobTemplate"] : object)?["spec"]?["template"]
    }

    /// What will become of its pods; nothing where they have no sidecar.
    private var outlook: [String] {
        let conversion: ConvertedStream
        do {
            conversion = try StreamConverter(surroundings.options).convert(Array(JSONValue(object).text.utf8))
        } catch {
            return ["its pods will be left as they are: \(error)"]
        }
        let findings = conversion.diagnostics
        let refusals = findings.filter { $0.rule.severity == .error }
        guard refusals.isEmpty else {
            return ["its pods will be left as they are: " + refusals.map(\.words).joined(separator: "; ")]
        }
        guard conversion.isChanged else { return [] }
        guard let version = surroundings.version, version >= .nativeSidecars else {
            return ["its pods will be left as they are: native sidecars need Kubernetes \(KubeVersion.nativeSidecars)"]
        }
        return [
            "its pods get native sidecars as they are created; kpipe-sidecar render convert makes the manifest say so"
        ] + findings.filter { $0.rule.severity == .warning }.map(\.words)
            + (findings.contains { $0.rule.id == Rule.failurePolicy.id } ? [Self.failurePolicy] : [])
    }

    /// `render convert` writes that into the Job, and here nobody does.
    private static let failurePolicy =
        "\(Rule.failurePolicy.id): onExitCodes of its podFailurePolicy names no container, so a native sidecar's exit code "
        + "may decide as well: set containerName there to the main container"
}
