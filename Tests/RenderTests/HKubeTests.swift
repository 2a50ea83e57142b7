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

    @Test func aNodeSelectorBecomesTheAffinityThatHKubeMakes() throws {
        let document = try YAMLNode(parsing: Self.cars(Self.a) + "\nnodeSelector: {disk: ssd, zone: b}")
        let spec = try HKubeAlgorithm().pod(document).rendered(as: .podSpec, legacy: false).document
        let node = try YAMLNode(parsing: ManifestWriter.yaml([spec]))
        let terms = node["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]?[
            "nodeSelectorTerms"]
        let expressions = terms?[0]?["matchExpressions"]?.sequence ?? []
        #expect(expressions.compactMap { $0["key"]?.text } == ["disk", "zone"])
        #expect(expressions.compactMap { $0["values"]?[0]?.text } == ["ssd", "b"])
        #expect(node["nodeSelector"] == nil)
    }

    private static func cars(_ cars: String...) -> String { "sideCars: [\(cars.joined(separator: ", "))]" }
    private static let a = "{container: {name: a, image: i}}"

    @Test(arguments: [
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
        (cars(a) + "\nnodeSelector: {disk: [ssd]}", "nodeSelector.disk"),
        (cars(a) + "\nnodeSelector: ssd", "nodeSelector"),
        ("sideCars: {}", "sideCars"), ("name: x", "sideCars"), ("[]", ""),
    ])
    func whatIsWrongIsNamed(_ text: String, _ path: String) throws {
        let error = #expect(throws: InputError.self) { try HKubeAlgorithm().pod(try YAMLNode(parsing: text)) }
        #expect(
            error?.problems.contains { $0.path == path && $0.message.count > 10 } == true, "\(error?.problems ?? [])")
    }
}
