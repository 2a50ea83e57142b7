import Conversion
import Render
import TestSupport
import Testing
import YAMLTree

@Suite struct HKubeTests {
    private static let golden = GeneratorGolden(folder: "hkube")

    /// Every example of HKube's document on sidecars, and an algorithm as one stores it.
    @Test(arguments: [
        ("complete.json", false), ("resources.json", false), ("volumes.json", false), ("environments.json", false),
        ("several.json", false), ("algorithm.yaml", false), ("algorithm.yaml", true),
    ])
    func rendersAsExpected(_ name: String, _ legacy: Bool) throws {
        var algorithm = HKubeAlgorithm()
        if name.hasSuffix(".json") { algorithm.image = "registry.example/algorithm:1" }
        var pod = try algorithm.pod(try Self.golden.document(name))
        pod.name = pod.name ?? "algorithm"
        let (document, _) = try pod.rendered(as: .job, legacy: legacy)
        let stem = name.split(separator: ".")[0]
        try Self.golden.expect(ManifestWriter.yaml([document]), "\(stem)\(legacy ? ".legacy" : "").yaml")
    }

    @Test func aPodSpecNeedsNeitherNameNorImage() throws {
        let pod = try HKubeAlgorithm().pod(try Self.golden.document("several.json"))
        let (spec, diagnostics) = try pod.rendered(as: .podSpec, legacy: false)
        let node = try YAMLNode(parsing: ManifestWriter.yaml([spec]))
        #expect(node["containers"]?.sequence?.compactMap { $0["name"]?.text } == ["algorunner"])
        #expect(
            node["initContainers"]?.sequence?.compactMap { $0["restartPolicy"]?.text } == [
                "Always", "Always", "Always",
            ])
        #expect(diagnostics.contains { $0.rule.id == "KS204" })
        #expect(throws: InputError.self) { try pod.rendered(as: .job, legacy: false) }
    }

    @Test func defaultResourcesGoWhereNoneAre() throws {
        var algorithm = HKubeAlgorithm()
        algorithm.resources = nil
        let document = try YAMLNode(parsing: #"{"sideCars": [{"container": {"name": "a", "image": "b"}}]}"#)
        let none = try algorithm.pod(document).rendered(as: .podSpec, legacy: true).document
        #expect(!ManifestWriter.yaml([none]).contains("resources"))
        let some = try HKubeAlgorithm().pod(document).rendered(as: .podSpec, legacy: true).document
        #expect(ManifestWriter.yaml([some]).contains("memory: \"128Mi\""))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Beside `sideCars`.
        var document = ""
        var sideCars = HKubeTests.cars(HKubeTests.a)
        var usesResourceLimits = false
        /// Of the Job.
        var path: String
        /// `nil` where HKube writes nothing there.
        var value: String?
    }

    private static let amounts = "name: x\ncpu: 2\nmem: 1Gi"
    private static let template = "spec.template.spec"
    private static let algorunner = "spec.template.spec.containers.0"
    private static let sidecar = "spec.template.spec.containers.1"

    private static func variable(_ name: String, _ value: String) -> String { "{name: \(name), value: \"\(value)\"}" }

    /// What core/task-executor of kube-HPC/hkube 261d3d0 makes of the same document, and core/api-server before it.
    static let cases: [Case] = [
        Case(
            testDescription: "limits are twice the request, a fifth is HKube's own cache", document: amounts,
            path: algorunner + ".resources",
            value: "{requests: {cpu: 2, memory: 1229Mi}, limits: {cpu: 4, memory: 2458Mi}}"),
        Case(
            testDescription: "unless limits are requests", document: amounts, usesResourceLimits: true,
            path: algorunner + ".resources.limits", value: "{cpu: 2, memory: 1229Mi}"),
        Case(
            testDescription: "the API's defaults", document: "name: x", path: algorunner + ".resources",
            value: "{requests: {cpu: 0.1, memory: 308Mi}, limits: {cpu: 0.2, memory: 616Mi}}"),
        Case(
            testDescription: "memory that is reserved comes on top",
            document: "name: x\nmem: 256Mi\nreservedMemory: 512Mi",
            path: algorunner + ".resources.requests.memory", value: "768Mi"),
        Case(
            testDescription: "other units become Mi", document: "name: x\nmem: 500M\nreservedMemory: 0M",
            path: algorunner + ".resources.requests.memory", value: "476.837158203125Mi"),
        Case(
            testDescription: "a limit on CPU can be left out", document: amounts + "\napplyCpuLimits: false",
            path: algorunner + ".resources.limits", value: "{memory: 2458Mi}"),
        Case(
            testDescription: "GPUs are not doubled", document: amounts + "\ngpu: 1",
            path: algorunner + ".resources.limits", value: #"{cpu: 4, memory: 2458Mi, nvidia.com/gpu: 1}"#),
        Case(
            testDescription: "and stand in an annotation", document: amounts + "\ngpu: 1",
            path: "spec.template.metadata.annotations", value: #"{nvidia.com/gpu: "1"}"#),
        Case(
            testDescription: "variables, each in its place",
            document: "name: x\nalgorithmEnv: {A: 1, ALGORITHM_TYPE: y}\nentryPoint: main.py\nreservedMemory: 502.552M",
            path: algorunner + ".env",
            value: "["
                + [
                    variable("ALGORITHM_TYPE", "y"), variable("A", "1"), variable("ALGORITHM_ENTRY_POINT", "main.py"),
                    variable("DISCOVERY_MAX_CACHE_SIZE", "479"),
                ].joined(separator: ", ") + "]"),
        Case(
            testDescription: "Java's heap", document: "name: x\nenv: java\nmem: 100Mi\nreservedMemory: 100Mi",
            usesResourceLimits: true, path: algorunner + ".env.1", value: variable("JAVA_DERIVED_MEMORY", "160")),
        Case(
            testDescription: "mounts",
            document: """
                mounts: [{pvcName: claim, path: /a}, {pvcName: words, path: /b, volumeType: configMap},
                  {pvcName: e, path: /c, volumeType: emptyDir}]
                """, path: template + ".volumes",
            value: """
                [{name: claim-0, persistentVolumeClaim: {claimName: claim}}, {name: words-1, configMap: {name: words}},
                 {name: e-2, emptyDir: {}}]
                """),
        Case(
            testDescription: "and where they are", document: "mounts: [{pvcName: claim, path: /a}]",
            path: algorunner + ".volumeMounts", value: "[{name: claim-0, mountPath: /a}]"),
        Case(
            testDescription: "a volume is mounted once",
            document: """
                volumes: [{name: v, emptyDir: {}}]
                volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]
                """, path: algorunner + ".volumeMounts", value: "[{name: v, mountPath: /b}]"),
        Case(
            testDescription: "the node selector is an affinity", document: "nodeSelector: {disk: ssd, zone: [a, b]}",
            path: template + ".affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms",
            value: """
                [{matchExpressions: [{key: disk, operator: In, values: [ssd]}, {key: zone, operator: In, values: [a, b]}]}]
                """),
        Case(
            testDescription: "and nothing else", document: "nodeSelector: {disk: ssd}", path: template + ".nodeSelector"
        ),
        Case(
            testDescription: "the group of files",
            document: "securityContext: {fsGroup: 1234, fsGroupChangePolicy: OnRootMismatch}",
            path: template + ".securityContext", value: "{fsGroup: 1234, fsGroupChangePolicy: OnRootMismatch}"),
        Case(
            testDescription: "labels; those of HKube's own stay", document: "name: x\nlabels: {team: a, group: mine}",
            path: "spec.template.metadata.labels",
            value: "{group: hkube, type: worker, algorithm-name: x, metrics-group: workers, team: a}"),
        Case(
            testDescription: "annotations", document: "annotations: {a: b}", path: "spec.template.metadata.annotations",
            value: "{a: b}"),
        Case(
            testDescription: "a queue", document: "kaiObject: {queue: q, memory: 1Gi}",
            path: "spec.template.metadata", value: #"{labels: {runai/queue: q}, annotations: {gpu-memory: "1024"}}"#),
        Case(
            testDescription: "and its scheduler", document: "kaiObject: {queue: q, fraction: 0.5}",
            path: template + ".schedulerName", value: "kai-scheduler"),
        Case(
            testDescription: "a sidecar's defaults", path: sidecar + ".resources",
            value: "{requests: {cpu: 0.1, memory: 128Mi}, limits: {cpu: 0.2, memory: 256Mi}}"),
        Case(
            testDescription: "limits of what a sidecar requests",
            sideCars: cars(asking("requests: {cpu: 1, memory: 1G}")),
            path: sidecar + ".resources.limits", value: "{cpu: 2, memory: 1907.3486328125Mi}"),
        Case(
            testDescription: "HKube multiplies numbers alone", sideCars: cars(asking("requests: {cpu: 500m}")),
            path: sidecar + ".resources", value: "{requests: {cpu: 500m, memory: 128Mi}, limits: {memory: 256Mi}}"),
        Case(
            testDescription: "requests beside a sidecar's limits", sideCars: cars(asking("limits: {memory: 1Gi}")),
            path: sidecar + ".resources",
            value: "{requests: {cpu: 0.1, memory: 128Mi}, limits: {cpu: 0.2, memory: 1Gi}}"),
        Case(
            testDescription: "a variable in its place",
            sideCars: cars(
                "{container: {name: a, image: i, env: [{name: A, value: b}, {name: B, value: c}]}, environments: {A: x}}"
            ),
            path: sidecar + ".env.0", value: variable("A", "x")),
    ]

    private static func asking(_ resources: String) -> String {
        "{container: {name: a, image: i, resources: {\(resources)}}}"
    }

    @Test(arguments: cases) func aPodIsAsHKubeMakesIt(_ one: Case) throws {
        var algorithm = HKubeAlgorithm()
        algorithm.usesResourceLimits = one.usesResourceLimits
        var pod = try algorithm.pod(try YAMLNode(parsing: one.document + "\n" + one.sideCars))
        pod.name = "pod"
        pod.sidecars = []
        let made = try YAMLNode(parsing: ManifestWriter.yaml([try pod.rendered(as: .job, legacy: false).document]))
        try Self.golden.expect(one.value, at: one.path, of: made)
    }

    @Test(arguments: [
        ("labels: {group: x}\nname: a", "group in labels"), (asked("nvidia.com/gpu: 1"), "nvidia.com/gpu of a"),
        (
            "volumes: [{name: v, emptyDir: {}}]\nvolumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /b}]",
            "at /a"
        ),
    ])
    func whatHKubeLosesIsTold(_ document: String, _ words: String) throws {
        let text = document.contains("sideCars") ? document : document + "\n" + Self.cars(Self.a)
        let pod = try HKubeAlgorithm().pod(try YAMLNode(parsing: text))
        #expect(pod.diagnostics.contains { $0.rule.id == "KS201" && $0.message.contains(words) })
    }

    private static func asked(_ limit: String) -> String { cars(asking("limits: {\(limit)}")) }

    fileprivate static func cars(_ cars: String...) -> String { "sideCars: [\(cars.joined(separator: ", "))]" }
    fileprivate static let a = "{container: {name: a, image: i}}"

    private static let wrong: [(String, String)] = [
        (cars(a, a), "sideCars[1].container.name"), (cars("{container: {name: a}}"), "sideCars[0].container.image"),
        (cars("{container: {image: a}}"), "sideCars[0].container.name"), (cars("{}"), "sideCars[0].container"),
        (cars("{container: {name: algorunner, image: i}}"), "sideCars[0].container.name"),
        (cars("{container: {name: A_b, image: i}}"), "sideCars[0].container.name"), (cars("x"), "sideCars[0]"),
        (cars("{container: {name: a, image: i}, volume: []}"), "sideCars[0].volume"),
        (cars("{container: {name: a, image: i}, volumeMounts: [{name: v, mountPath: /v}]}"), "volumeMounts"),
        (cars("{container: {name: a, image: i}, environments: [x]}"), "sideCars[0].environments"),
        (
            cars(
                "{container: {name: a, image: i}, volumes: [{name: v, emptyDir: {}}]}",
                "{container: {name: b, image: i}, volumes: [{name: v, hostPath: {path: /}}]}"),
            "sideCars[1].volumes[0]"
        ),
        (cars("{container: {name: worker, image: i}}"), "sideCars[0].container.name"),
        (cars("{container: {name: a, image: i}, volumes: [{name: varlog, emptyDir: {}}]}"), "volumes"),
        (cars("{container: {name: a, image: i}, volumes: [{name: storage-volume, emptyDir: {}}]}"), "volumes"),
        (cars(a) + "\nnodeSelector: {disk: []}", "nodeSelector.disk"),
        (cars(a) + "\nnodeSelector: {disk: {a: b}}", "nodeSelector.disk"), (cars(a) + "\nmem: 256", "mem"),
        (cars(a) + "\ncpu: 100m", "cpu"), (cars(a) + "\ngpu: 0.5", "gpu"),
        (cars(a) + "\nmounts: [{path: /a}]", "mounts[0].pvcName"),
        (cars(a) + "\nmounts: [{pvcName: a.b, path: /a}]", "mounts[0].name"),
        (cars(a) + "\nsecurityContext: {runAsUser: 1}", "securityContext.runAsUser"),
        (cars(a) + "\nkaiObject: {memory: 1Gi}", "kaiObject.queue"),
        (cars(a) + "\nkaiObject: {queue: q, memory: 1Gi, fraction: 1}", "kaiObject"),
        (cars(a) + "\nnodeSelector: ssd", "nodeSelector"),
        ("sideCars: {}", "sideCars"), ("name: x", "sideCars"), ("[]", ""),
    ]

    @Test(arguments: wrong) func whatIsWrongIsNamed(_ text: String, _ path: String) throws {
        let error = #expect(throws: InputError.self) { try HKubeAlgorithm().pod(try YAMLNode(parsing: text)) }
        #expect(
            error?.problems.contains { $0.path == path && $0.message.count > 10 } == true, "\(error?.problems ?? [])")
    }
}
