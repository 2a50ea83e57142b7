import Conversion
import Testing
import YAMLTree

@testable import Render

/// What is said of objects as a kustomization builds them, and where nothing is said.
@Suite struct KustomizeOutcomeTests {
    private static let job = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: load}
        spec:
          template:
            spec:
              restartPolicy: Never
              containers:
              - {name: main, image: example/main:1}
              - name: side
                image: example/side:1
                env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]
              - {name: helper, image: example/helper:1}

        """

    /// A patch that asks for more grace than there is.
    private static let patch = """
        patches:
        - target: {kind: Job}
          patch: |
            [{op: add, path: /spec/template/spec/containers/1/args, value: [--drain-time-s, "90"]}]

        """

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var more: String
        var detects = false
        /// What is said, in part; nothing else is.
        var told: [String]
    }

    private static let judged = "terminationGracePeriodSeconds has to be 100"
    private static func replacement(_ path: String, of name: String = "load") -> String {
        "replacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.a}\n  targets:\n"
            + "  - select: {kind: Job, name: \(name)}\n    fieldPaths: [\(path)]\n"
    }

    static let cases = [
        Case(testDescription: "a patch alone", more: "", told: [judged]),
        Case(
            testDescription: "another tag", more: "images: [{name: example/helper, newTag: '2'}]\n", detects: true,
            told: [judged]),
        Case(
            testDescription: "the image of a known sidecar",
            more: "images: [{name: example/helper, newName: envoyproxy/envoy}]\n", detects: true,
            told: [judged, "helper is a sidecar only as patched"]),
        Case(
            testDescription: "one of another name", more: "images: [{name: example/help, newName: envoyproxy/envoy}]\n",
            detects: true, told: [judged]),
        Case(
            testDescription: "a replacement in a container",
            more: replacement("'spec.template.spec.containers.[name=main].args.0'"),
            told: ["a replacement may change Job load and is not followed"]),
        Case(testDescription: "a replacement elsewhere", more: replacement("spec.parallelism"), told: [judged]),
        Case(
            testDescription: "a replacement in another object", more: replacement("spec.template.spec", of: "other"),
            told: [judged]),
        Case(
            testDescription: "a transformer", more: "transformers: [t.yaml]\n",
            told: ["a transformer may change Job load and is not followed"]),
    ]

    /// As kubectl kustomize renames them.
    @Test(arguments: [
        ("example/helper", "new/name"), ("example/helper:1", "new/name:1"),
        ("example/helper@sha256:0123", "new/name@sha256:0123"),
        ("example/helper:1@sha256:0123", "new/name:1@sha256:0123"),
        ("example/helpers:1", nil), ("example/helper/x:1", nil), ("registry/example/helper:1", nil),
    ])
    func imagesGetOtherNames(_ image: String, _ renamed: String?) throws {
        let root = try #require(
            KustomizeFiles.root(of: Array("images: [{name: example/helper, newName: new/name}]".utf8)))
        let renaming = try #require(KustomizeImage.all(of: root).first)
        let node = try YAMLNode(
            parsing: "a: [{containers: [{name: c, image: '\(image)'}], sidecars: [{image: '\(image)'}]}]")
        var touched: [[String]] = []
        let pod = renaming.renamed(node) { touched.append($0) }["a"]?[0]
        #expect(pod?["containers"]?[0]?["image"]?.text == renamed ?? image)
        #expect(pod?["sidecars"]?[0]?["image"]?.text == image)
        #expect(touched == (renamed == nil ? [] : [["a", "0", "containers", "c", "image"]]))
    }

    @Test(arguments: cases) func onlyWhatIsKnownIsSaid(_ known: Case) throws {
        let files = ["job.yaml": Self.job, "kustomization.yaml": "resources: [job.yaml]\n" + Self.patch + known.more]
            .mapValues { Array($0.utf8) }
        var options = ConversionOptions()
        options.detectsKnown = known.detects
        let converted = try StreamConverter(options).convert(Array(Self.job.utf8)).output
        let plan = KustomizePlan("kustomization.yaml", options) { files[$0] }
        func after(_ path: String) -> [UInt8]? {
            path == "job.yaml" ? converted : plan?.files[path]?.output ?? files[path]
        }
        var outcome = KustomizeOutcome(
            options, isListed: { $0 == "job.yaml" }, before: { files[$0] }, after: after)
        let found = outcome.findings("kustomization.yaml").values.flatMap(\.self).map(\.message)
        #expect(found.count == known.told.count, "\(found)")
        for words in known.told { #expect(found.contains { $0.contains(words) }, "\(found)") }
    }
}
