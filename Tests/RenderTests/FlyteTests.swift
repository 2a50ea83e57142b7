import Conversion
import Render
import TestSupport
import Testing
import YAMLTree

@Suite struct FlyteTests {
    private static let golden = GeneratorGolden(folder: "flyte")

    private func task(_ oneShots: Set<String> = []) -> FlyteTask {
        var task = FlyteTask()
        task.oneShots = oneShots
        return task
    }

    @Test(arguments: [
        ("shared-memory.yaml", "", false), ("shared-memory.yaml", "secondary", false),
        ("shared-memory.yaml", "", true), ("simple.json", "", false), ("helpers.yaml", "", false),
        ("helpers.yaml", "", true), ("created.yaml", "", false),
    ])
    func rendersAsExpected(_ name: String, _ oneShot: String, _ legacy: Bool) throws {
        var pod = try task(oneShot.isEmpty ? [] : [oneShot]).pod(try Self.golden.document(name))
        pod.name = pod.name ?? "task"
        let (document, diagnostics) = try pod.rendered(as: .job, legacy: legacy)
        let said = diagnostics.map { "# \($0.text(file: name))\n" }.joined()
        let stem = name.split(separator: ".")[0] + (oneShot.isEmpty ? "" : ".one-shot") + (legacy ? ".legacy" : "")
        try Self.golden.expect(said + ManifestWriter.yaml([document]), "\(stem).yaml")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var task: String
        /// Of the pod.
        var path: String
        /// `nil` where Flyte writes nothing there.
        var value: String?
        var config = ""
    }

    private static func document(_ fields: String, _ primary: String = "", _ spec: String = "") -> String {
        "image: i\n\(fields)\npod_spec: {containers: [{name: primary\(primary)}]\(spec)}"
    }

    private static let taint = "{key: spot, operator: Exists}"
    private static let spot = "interruptible-tolerations: [\(taint)]"
    private static let requirement = "{key: spot, operator: In, values: [yes]}"

    /// What flyteplugins/go/tasks/pluginmachinery/flytek8s of flyteorg/flyte 6fadb90 makes of the same task, and the SDK's
    /// `_serialize_pod_spec` before it.
    static let cases: [Case] = [
        Case(
            testDescription: "resources that nobody named", task: document(""), path: "spec.containers.0.resources",
            value: "{requests: {cpu: 1000m, memory: 1024Mi}, limits: {cpu: 1000m, memory: 1024Mi}}"),
        Case(
            testDescription: "a request is the limit", task: document("requests: {cpu: 2, gpu: 1}"),
            path: "spec.containers.0.resources.limits", value: "{cpu: 2, memory: 1024Mi, nvidia.com/gpu: 1}"),
        Case(
            testDescription: "a limit is the request", task: document("limits: {mem: 4Gi, storage: 1Gi}"),
            path: "spec.containers.0.resources.requests", value: "{cpu: 1000m, memory: 4Gi, ephemeral-storage: 1Gi}"),
        Case(
            testDescription: "and bounds it", task: document("requests: {cpu: 2}\nlimits: {cpu: 1}"),
            path: "spec.containers.0.resources.requests.cpu", value: "1"),
        Case(
            testDescription: "the cluster's defaults", task: document(""), path: "spec.containers.0.resources.requests",
            value: "{cpu: 100m, memory: 500Mi}", config: "default-cpus: 100m\ndefault-memory: 500Mi"),
        Case(
            testDescription: "helpers get none",
            task: "image: i\npod_spec: {containers: [{name: primary}, {name: h, image: i, command: [cp, a, b]}]}",
            path: "spec.containers.1.resources"),
        Case(
            testDescription: "gpu is the accelerator's name",
            task: document("", "", ", initContainers: [{name: a, image: i, resources: {limits: {gpu: 2}}}]"),
            path: "spec.initContainers.0.resources", value: "{limits: {amd.com/gpu: 2}}",
            config: "gpu-resource-name: amd.com/gpu"),
        Case(
            testDescription: "the container's variables come behind the task's, and count",
            task: document("environment: {A: 1, B: 2}", ", env: [{name: C, value: d}, {name: A, value: mine}]"),
            path: "spec.containers.0.env", value: "[{name: B, value: 2}, {name: C, value: d}, {name: A, value: mine}]"),
        Case(
            testDescription: "the cluster's come last", task: document("environment: {A: 1}"),
            path: "spec.containers.0.env",
            value: "[{name: A, value: 1}, {name: B, value: c}, {name: Z, value: y}]",
            config: "default-env-vars: [{Z: y}, {B: c}]"),
        Case(
            testDescription: "sources of variables", task: document(""), path: "spec.containers.0.envFrom",
            value: "[{secretRef: {name: s, optional: true}}, {configMapRef: {name: c, optional: true}}]",
            config: "default-env-from-secrets: [s]\ndefault-env-from-configmaps: [c]"),
        Case(
            testDescription: "the primary container that the spec lacks comes last",
            task:
                "image: i\nprimary_container_name: p\npod_spec: {containers: [{name: h, image: i, command: [cp, a, b]}]}",
            path: "spec.containers.1.name", value: "p"),
        Case(
            testDescription: "and is named", task: "image: i\nprimary_container_name: p\npod_spec: {}",
            path: "metadata.annotations",
            value: "{cluster-autoscaler.kubernetes.io/safe-to-evict: false, primary_container_name: p}"),
        Case(
            testDescription: "the task's labels over the cluster's", task: document("labels: {a: task}"),
            path: "metadata.labels", value: "{a: task, b: cluster}", config: "default-labels: {a: cluster, b: cluster}"),
        Case(
            testDescription: "annotations", task: document("annotations: {a: task}"), path: "metadata.annotations",
            value: "{b: cluster, a: task, primary_container_name: primary}", config: "default-annotations: {b: cluster}"
        ),
        Case(
            testDescription: "no links to services", task: document("", "", ", enableServiceLinks: true"),
            path: "spec.enableServiceLinks", value: "false"),
        Case(
            testDescription: "tolerations of resources, of interruption, of all, of the task",
            task: document("interruptible: true\nrequests: {gpu: 1}", "", ", tolerations: [{key: own}]"),
            path: "spec.tolerations", value: "[{key: gpu}, \(taint), {key: all}, {key: own}]",
            config: "resource-tolerations: {nvidia.com/gpu: [{key: gpu}]}\n\(spot)\ndefault-tolerations: [{key: all}]"),
        Case(testDescription: "none of interruption", task: document(""), path: "spec.tolerations", config: spot),
        Case(
            testDescription: "selectors, the later over the earlier",
            task: document("interruptible: true", "", ", nodeSelector: {a: task, b: task}"), path: "spec.nodeSelector",
            value: "{a: spot, c: cluster, b: task}",
            config: "default-node-selector: {a: cluster, c: cluster}\ninterruptible-node-selector: {a: spot}"),
        Case(
            testDescription: "a requirement of interruption", task: document("interruptible: true"),
            path: "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
            value: "[{matchExpressions: [\(requirement)]}]",
            config: "interruptible-node-selector-requirement: \(requirement)"),
        Case(
            testDescription: "or of its absence, in each of the alternatives",
            task: document(
                "", "",
                ", affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
                    + "[{matchExpressions: [{key: a, operator: Exists}]}, {matchFields: [{key: b, operator: Exists}]}]}}}"
            ),
            path: "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
            value: "[{matchExpressions: [{key: a, operator: Exists}, \(requirement)]}, "
                + "{matchFields: [{key: b, operator: Exists}], matchExpressions: [\(requirement)]}]",
            config: "non-interruptible-node-selector-requirement: \(requirement)"),
        Case(
            testDescription: "the cluster's scheduler and users", task: document(""), path: "spec.securityContext",
            value: "{runAsUser: 5}",
            config: "scheduler-name: s\ndefault-pod-security-context: {runAsUser: 5}\nenable-host-networking-pod: true"),
    ]

    @Test(arguments: cases) func aPodIsAsFlyteMakesIt(_ one: Case) throws {
        var task = FlyteTask()
        if !one.config.isEmpty {
            let config = "plugins:\n  k8s:\n    " + one.config.replacing("\n", with: "\n    ")
            task.cluster = try FlyteCluster(try YAMLNode(parsing: config))
        }
        var pod = try task.pod(try YAMLNode(parsing: one.task))
        (pod.name, pod.sidecars) = ("pod", [])
        let made = try YAMLNode(parsing: ManifestWriter.yaml([try pod.rendered(as: .pod, legacy: false).document]))
        try Self.golden.expect(one.value, at: one.path, of: made)
    }

    @Test(
        "a helper that ends stays beside one that runs on, whatever the task's annotations say",
        arguments: ["", "annotations: {sidecar.k-pipe.cloud/sidecars: h}\n"])
    func helpersThatEnd(_ annotations: String) throws {
        let containers = "[{name: primary}, {name: p, image: i}, {name: h, image: i, command: [cp, a, b]}]"
        var pod = try FlyteTask().pod(
            try YAMLNode(parsing: "image: i\n\(annotations)pod_spec: {containers: \(containers)}"))
        pod.name = "pod"
        let made = try YAMLNode(parsing: ManifestWriter.yaml([try pod.rendered(as: .pod, legacy: false).document]))
        try Self.golden.expect("p", at: "spec.initContainers.0.name", of: made)
        try Self.golden.expect("h", at: "spec.containers.1.name", of: made)
    }

    @Test(arguments: [
        ("a: b", "plugins.k8s"), ("plugins: {k8s: {default-tolerations: x}}", "plugins.k8s.default-tolerations"),
        ("plugins: {k8s: {default-env-vars: x}}", "plugins.k8s.default-env-vars"),
    ])
    func aWrongConfigurationIsNamed(_ text: String, _ path: String) throws {
        let error = #expect(throws: InputError.self) { try FlyteCluster(try YAMLNode(parsing: text)) }
        #expect(error?.problems.map(\.path) == [path])
    }

    private static let base = "image: i\npod_spec: {containers: [{name: primary}, {name: h, image: i}]}\n"

    private static let wrong: [(String, String)] = [
        ("pod_spec: {}", "image"), ("image: i\npod_spec: []", "pod_spec"), (base + "cpu_requests: 1", "cpu_requests"),
        ("image: i\npod_spec: {containers: [{name: a}]}", "pod_spec.containers[0].image"),
        ("image: i\npod_spec: {containers: [{image: a}]}", "pod_spec.containers[0]"),
        ("image: i\npod_spec: {containers: [{name: a, image: b}, {name: a, image: b}]}", "pod_spec.containers[1]"),
        (base + "primary_container_name: A B", "primary_container_name"), (base + "retries: x", "retries"),
        (base + "timeout: 5", "timeout"), (base + "environment: [a]", "environment"),
        (base + "interruptible: perhaps", "interruptible"), (base + "labels: [a]", "labels"),
    ]

    @Test(arguments: wrong) func whatIsWrongIsNamed(_ text: String, _ path: String) throws {
        let error = #expect(throws: InputError.self) { try task().pod(try YAMLNode(parsing: text)) }
        #expect(
            error?.problems.contains { $0.path == path && $0.message.count > 10 } == true, "\(error?.problems ?? [])")
    }

    @Test(arguments: ["nobody", "primary"]) func aOneShotHasToBeAHelper(_ name: String) throws {
        let document = try YAMLNode(parsing: Self.base)
        #expect(throws: InputError.self) { try task([name]).pod(document) }
    }

    @Test(arguments: [
        (["/bin/sh", "-c", "echo hi > /data/m"], true), (["sh", "-ec", "cp a b && touch done"], true),
        (["sh", "-c", "while true; do date; sleep 5; done"], false), (["sh", "-c", "cp a b; exec server"], false),
        (["sh", "-c", "server & echo started"], false), (["sh", "-c", "echo x >&2"], true), (["cp", "a", "b"], true),
        (["nginx"], false), ([], false), (["sh"], false), (["sh", "-c", "tail -f log"], false),
    ])
    func aHelperThatEndsIsKnownByItsCommand(_ words: [String], _ ends: Bool) throws {
        let list = "[" + words.map { "'\($0)'" }.joined(separator: ", ") + "]"
        let text = "image: i\npod_spec: {containers: [{name: primary}, {name: h, image: i, command: \(list)}]}"
        #expect(try task().pod(try YAMLNode(parsing: text)).sidecars.isEmpty == ends)
    }
}
