import Testing
import YAMLTree

@testable import Conversion

/// Where pods are found, and what is said of those that are not.
@Suite struct KindTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String { "\(kind) \(path)" }
        var api: String
        var kind: String
        /// `[]` for a list of one, `{}` behind a name for a mapping in a mapping.
        var path: String
    }

    static let cases = [
        Case(api: "v1", kind: "Pod", path: "spec"), Case(api: "v1", kind: "PodTemplate", path: "template.spec"),
        Case(api: "extensions/v1beta1", kind: "Deployment", path: "spec.template.spec"),
        Case(api: "batch/v1beta1", kind: "CronJob", path: "spec.jobTemplate.spec.template.spec"),
        Case(api: "apps.openshift.io/v1", kind: "DeploymentConfig", path: "spec.template.spec"),
        Case(api: "keda.sh/v1alpha1", kind: "ScaledJob", path: "spec.jobTargetRef.template.spec"),
        Case(api: "batch.volcano.sh/v1alpha1", kind: "Job", path: "spec.tasks[].template.spec"),
        Case(api: "apps.kruise.io/v1alpha1", kind: "BroadcastJob", path: "spec.template.spec"),
        Case(api: "apps.kruise.io/v1alpha1", kind: "CloneSet", path: "spec.template.spec"),
        Case(
            api: "apps.kruise.io/v1alpha1", kind: "AdvancedCronJob",
            path: "spec.template.broadcastJobTemplate.spec.template.spec"),
        Case(
            api: "apps.kruise.io/v1alpha1", kind: "AdvancedCronJob",
            path: "spec.template.jobTemplate.spec.template.spec"),
        Case(api: "argoproj.io/v1alpha1", kind: "Rollout", path: "spec.template.spec"),
        Case(api: "ray.io/v1", kind: "RayCluster", path: "spec.workerGroupSpecs[].template.spec"),
        Case(api: "ray.io/v1", kind: "RayJob", path: "spec.rayClusterSpec.headGroupSpec.template.spec"),
        Case(api: "ray.io/v1", kind: "RayJob", path: "spec.submitterPodTemplate.spec"),
        Case(api: "ray.io/v1", kind: "RayService", path: "spec.rayClusterConfig.headGroupSpec.template.spec"),
        Case(
            api: "jobset.x-k8s.io/v1alpha2", kind: "JobSet", path: "spec.replicatedJobs[].template.spec.template.spec"),
        Case(api: "kubeflow.org/v1", kind: "PyTorchJob", path: "spec.pytorchReplicaSpecs.Worker.template.spec"),
        Case(api: "kubeflow.org/v1", kind: "TFJob", path: "spec.tfReplicaSpecs.PS.template.spec"),
        Case(api: "kubeflow.org/v2beta1", kind: "MPIJob", path: "spec.mpiReplicaSpecs.Launcher.template.spec"),
        Case(api: "kubeflow.org/v1", kind: "Notebook", path: "spec.template.spec"),
        Case(api: "sparkoperator.k8s.io/v1beta2", kind: "SparkApplication", path: "spec.driver.template.spec"),
        Case(
            api: "sparkoperator.k8s.io/v1beta2", kind: "ScheduledSparkApplication",
            path: "spec.template.executor.template.spec"),
        Case(
            api: "leaderworkerset.x-k8s.io/v1", kind: "LeaderWorkerSet",
            path: "spec.leaderWorkerTemplate.workerTemplate.spec"),
        Case(api: "agones.dev/v1", kind: "Fleet", path: "spec.template.spec.template.spec"),
        Case(
            api: "trainer.kubeflow.org/v1alpha1", kind: "TrainingRuntime",
            path: "spec.template.spec.replicatedJobs[].template.spec.template.spec"),
    ]

    /// A document whose pod stands at a path, with a marked container.
    private static func document(_ one: Case, metadata: String = "") -> String {
        var value =
            "{containers: [{name: main, image: a}, {name: side, image: b, "
            + "env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]}]}"
        for (index, step) in one.path.split(separator: ".").reversed().enumerated() {
            let name = step.hasSuffix("[]") ? step.dropLast(2) : step
            let beside = index == 0 && one.path != "spec" ? metadata : ""
            value = step.hasSuffix("[]") ? "{\(name): [\(value)]}" : "{\(beside)\(name): \(value)}"
        }
        return "{apiVersion: \(one.api), kind: \(one.kind), metadata: {name: x}, \(value.dropFirst())\n"
    }

    @Test(arguments: cases) func aPodIsFoundWhereItsKindKeepsIt(_ one: Case) throws {
        let text = Self.document(one)
        let conversion = try StreamConverter(ConversionOptions()).convert(Array(text.utf8))
        #expect(conversion.isChanged, "\(conversion.diagnostics) \(text)")
        #expect(!conversion.diagnostics.contains { ["KS124", "KS131"].contains($0.rule.id) })
        // Given once more by hand, it is no other pod.
        var options = ConversionOptions()
        options.podSpecPaths = [one.path.replacing("Worker", with: "*")]
        #expect(try StreamConverter(options).convert(Array(text.utf8)).output == conversion.output)
        // Another group's kind of that name is not this one.
        let other = text.replacing(one.api, with: "example.com/v1")
        let unknown = try StreamConverter(ConversionOptions()).convert(Array(other.utf8))
        #expect(!unknown.isChanged)
        #expect(unknown.diagnostics.contains { $0.rule.id == "KS131" }, "\(unknown.diagnostics)")
    }

    /// A path that a user gives is for those objects alone that have a pod there, and for no kind that refuses native ones.
    @Test(arguments: [
        ("e.io/v1", "{template: {spec: {containers: [{name: a}, {name: side}]}}}", true, []),
        ("e.io/v1", "{template: hello}", false, []), ("e.io/v1", "{template: [a]}", false, []),
        ("e.io/v1", "{template: {spec: 3}}", false, []), ("e.io/v1", "{template: {spec: {containers: 3}}}", false, []),
        ("e.io/v1", "{template: {spec: {containers: [a]}}}", false, []), ("e.io/v1", "hello", false, []),
        (
            "serving.knative.dev/v1",
            "{template: {spec: {containers: [{name: a}, {name: side, restartPolicy: Always}]}}}", false, ["KS131"]
        ),
    ])
    func aPathOfAUsersIsForCustomResources(_ api: String, _ spec: String, _ isChanged: Bool, _ rules: [String]) throws {
        var options = ConversionOptions()
        options.podSpecPaths = ["spec.template.spec"]
        options.sidecars = ["side"]
        let text = "{apiVersion: \(api), kind: Service, metadata: {name: x}, spec: \(spec)}\n"
        let conversion = try StreamConverter(options).convert(Array(text.utf8))
        #expect(conversion.isChanged == isChanged && !conversion.isRefused, "\(conversion.diagnostics)")
        let found = conversion.diagnostics.map(\.rule.id).filter { $0 == "KS131" || $0 == "KS004" }
        #expect(found == rules)
    }

    private static let marker = "env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]"

    @Test(arguments: [
        ("{apiVersion: e.io/v1, kind: X, spec: {a: [{b: {containers: [{name: s, restartPolicy: Always}]}}]}}", 1),
        (
            "{apiVersion: e.io/v1, kind: X, t: {metadata: {annotations: {sidecar.k-pipe.cloud/sidecars: s}}, spec: {containers: [{name: s}]}}}",
            1
        ),
        ("{apiVersion: e.io/v1, kind: X, spec: {containers: [{name: a}]}}", 0),
        ("{apiVersion: e.io/v1, kind: X, containers: {a: 1}}", 0),
        ("{apiVersion: e.io/v1, kind: X, spec: {containers: [a, b]}}", 0),
        ("{containers: [{restartPolicy: Always}]}", 1),
        (
            "{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: {spec: {containers: [{restartPolicy: Always}]}}}}",
            1
        ),
        (
            "{apiVersion: v1, kind: List, items: [{apiVersion: e.io/v1, kind: X, spec: {containers: [{restartPolicy: Always}]}}]}",
            1
        ),
        (
            "{apiVersion: e.io/v1, kind: X, t: {metadata: {labels: {sidecar.k-pipe.cloud/terminate-known: enabled}}, spec: {containers: [{name: a}, {name: fluent-bit}]}}}",
            1
        ),
        (
            "{apiVersion: e.io/v1, kind: X, t: {metadata: {labels: {sidecar.k-pipe.cloud/terminate-known: enabled}}, spec: {containers: [{name: a}]}}}",
            0
        ),
        (
            "{apiVersion: sparkoperator.k8s.io/v1beta2, kind: SparkApplication, spec: {driver: {sidecars: [{name: s, \(marker)}]}}}",
            1
        ),
        (
            "{apiVersion: sparkoperator.k8s.io/v1beta2, kind: SparkApplication, spec: {driver: {initContainers: [{name: s, \(marker)}]}}}",
            0
        ),
        (
            "{apiVersion: argoproj.io/v1alpha1, kind: Workflow, spec: {templates: [{sidecars: [{name: s, \(marker)}]}]}}",
            0
        ),
        (
            "{apiVersion: ray.io/v1, kind: RayCluster, spec: {headGroupSpec: {template: {spec: {containers: [{name: a}]}}}, extra: {containers: [{restartPolicy: Always}]}}}",
            1
        ),
    ])
    func aMarkerThatNoPathReachesIsNamed(_ text: String, _ count: Int) throws {
        let conversion = try StreamConverter(ConversionOptions()).convert(Array(text.utf8))
        #expect(conversion.diagnostics.count { $0.rule.id == "KS131" } == count, "\(conversion.diagnostics)")
        #expect(!conversion.isRefused)
    }
}
