/// Where kinds keep the specs of their pods: Kubernetes' own, and those that people run sidecars in.
package struct PodKind: Sendable {
    let group: String
    let kinds: Set<String>
    let paths: [PodSpecPath]

    private init(_ group: String, _ kinds: Set<String>, _ paths: [String]) {
        self.group = group
        self.kinds = kinds
        self.paths = paths.map(PodSpecPath.init)
    }

    private static let template = ["spec.template.spec"]
    private static let jobSet = "replicatedJobs[].template.spec.template.spec"
    private static func ray(_ cluster: String) -> [String] {
        ["\(cluster).headGroupSpec.template.spec", "\(cluster).workerGroupSpecs[].template.spec"]
    }
    private static func spark(_ spec: String) -> [String] {
        ["\(spec).driver.template.spec", "\(spec).executor.template.spec"]
    }
    private static func replicas(_ kind: String, _ field: String) -> PodKind {
        PodKind("kubeflow.org", [kind], ["spec.\(field).*.template.spec"])
    }

    /// By the custom resources' own definitions.
    private static let all = [
        PodKind("", ["Pod"], ["spec"]), PodKind("", ["PodTemplate"], ["template.spec"]),
        PodKind("", ["ReplicationController"], template), PodKind("batch", ["Job"], template),
        PodKind("batch", ["CronJob"], ["spec.jobTemplate.spec.template.spec"]),
        PodKind("apps", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"], template),
        PodKind("apps.openshift.io", ["DeploymentConfig"], template),
        PodKind("keda.sh", ["ScaledJob"], ["spec.jobTargetRef.template.spec"]),
        PodKind("batch.volcano.sh", ["Job"], ["spec.tasks[].template.spec"]),
        PodKind("apps.kruise.io", ["BroadcastJob", "CloneSet", "StatefulSet", "DaemonSet"], template),
        PodKind(
            "apps.kruise.io", ["AdvancedCronJob"],
            [
                "spec.template.jobTemplate.spec.template.spec", "spec.template.broadcastJobTemplate.spec.template.spec",
            ]),
        PodKind("argoproj.io", ["Rollout"], template), PodKind("ray.io", ["RayCluster"], ray("spec")),
        PodKind("ray.io", ["RayJob"], ray("spec.rayClusterSpec") + ["spec.submitterPodTemplate.spec"]),
        PodKind("ray.io", ["RayService"], ray("spec.rayClusterConfig")),
        PodKind("jobset.x-k8s.io", ["JobSet"], ["spec.\(jobSet)"]),
        PodKind(
            "trainer.kubeflow.org", ["TrainingRuntime", "ClusterTrainingRuntime"], ["spec.template.spec.\(jobSet)"]),
        replicas("PyTorchJob", "pytorchReplicaSpecs"), replicas("TFJob", "tfReplicaSpecs"),
        replicas("MPIJob", "mpiReplicaSpecs"), replicas("XGBoostJob", "xgbReplicaSpecs"),
        replicas("PaddleJob", "paddleReplicaSpecs"), replicas("JAXJob", "jaxReplicaSpecs"),
        PodKind("kubeflow.org", ["Notebook"], template),
        PodKind("sparkoperator.k8s.io", ["SparkApplication"], spark("spec")),
        PodKind("sparkoperator.k8s.io", ["ScheduledSparkApplication"], spark("spec.template")),
        PodKind(
            "leaderworkerset.x-k8s.io", ["LeaderWorkerSet"],
            ["spec.leaderWorkerTemplate.leaderTemplate.spec", "spec.leaderWorkerTemplate.workerTemplate.spec"]),
        PodKind("agones.dev", ["GameServer"], template),
        PodKind("agones.dev", ["Fleet", "GameServerSet"], ["spec.template.spec.template.spec"]),
        PodKind("actions.github.com", ["AutoscalingRunnerSet"], template),
    ]

    private static let byKind = Dictionary(
        all.flatMap { kind in kind.kinds.map { ($0, [kind]) } }, uniquingKeysWith: { $0 + $1 })

    /// What a cluster is asked for: the kinds that make pods, by group.
    package static let workloads: [(group: String, kinds: Set<String>)] = {
        var groups: [(group: String, kinds: Set<String>)] = []
        for kind in all where !kind.kinds.isSubset(of: ["Pod", "PodTemplate"]) {
            if let index = groups.firstIndex(where: { $0.group == kind.group }) {
                groups[index].kinds.formUnion(kind.kinds)
            } else {
                groups.append((kind.group, kind.kinds))
            }
        }
        return groups
    }()

    /// The paths of a kind; `nil` where it is not known. A document that names no version is taken for Kubernetes' own.
    static func paths(kind: String, version: String?) -> [PodSpecPath]? {
        guard let candidates = byKind[kind] else { return nil }
        guard let version else { return candidates.first(where: \.isBuiltIn)?.paths }
        let group = version.lastIndex(of: "/").map { version[..<$0] } ?? ""
        return candidates.first { $0.group == group || $0.isBuiltIn && group == "extensions" }?.paths
    }

    private var isBuiltIn: Bool { group.isEmpty || group == "apps" || group == "batch" }

    /// Who ends the sidecars of a kind by itself, so that there is nothing to convert.
    static func keeper(of version: String?) -> String? {
        switch version?.split(separator: "/").first {
        case "argoproj.io": "Argo ends its sidecars itself"
        case "tekton.dev": "Tekton ends its sidecars itself"
        default: nil
        }
    }

    /// Whether a kind's pods may have no native sidecars: Knative Serving refuses the field (its fieldmask.go).
    static func refusesNative(_ version: String?) -> Bool { version?.hasPrefix("serving.knative.dev/") == true }
}

/// Where a custom resource keeps a pod's spec: `spec.workers[].template.spec`. Names with dots between them; `[]` behind a
/// name means every element of a list, `*` every value of a mapping.
package struct PodSpecPath: Sendable {
    enum Step: Sendable {
        case field(String)
        case elements(String)
        case values
    }

    let steps: [Step]

    init(_ path: String) {
        steps = path.split(separator: ".").map { step in
            step == "*" ? .values : step.hasSuffix("[]") ? .elements(String(step.dropLast(2))) : .field(String(step))
        }
    }

    package static func isValid(_ path: String) -> Bool {
        path.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { step in
            let name = step.hasSuffix("[]") ? step.dropLast(2) : step
            return !name.isEmpty && !name.contains { "[] ".contains($0) }
        }
    }
}
