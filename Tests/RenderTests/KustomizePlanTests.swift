import Conversion
import Testing

@testable import Render

/// What becomes of patches when what they are for is converted along, and when it is not.
@Suite struct KustomizePlanTests {
    private static let job = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: load, labels: {tier: night}}
        spec:
          template:
            metadata:
              annotations: {keep: me, sidecar.k-pipe.cloud/linger.side: 0s}
            spec:
              restartPolicy: Never
              containers:
              - name: side
                image: s:1
                env:
                - {name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}
                - {name: LEVEL, value: info}
                lifecycle: {preStop: {exec: {command: [kill, "1"]}}}
              - name: main
                image: m:1

        """
    private static let plain = job.replacing("load", with: "other").replacing("night", with: "day")
        .replacing("KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", with: "X")

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Of the overlay, behind its resources.
        var overlay: String
        var files: [String: String] = [:]
        var base = "resources: [job.yaml, other.yaml]\n"
        /// What is not converted along.
        var unlisted: Set<String> = []
        /// The file that is looked at, and a line that it has afterwards.
        var file = "over/kustomization.yaml"
        var line: String
        /// Warnings.
        var rules: [String] = []
    }

    private static func merge(
        _ target: String, name: String = "x", _ container: String = "{name: side, image: s:2}"
    ) -> String {
        "patches:\n- \(target.isEmpty ? "" : "target: {\(target)}\n  ")patch: |\n    apiVersion: batch/v1\n    kind: Job\n"
            + "    metadata: {name: \(name)}\n    spec:\n      template:\n        spec:\n          containers:\n"
            + "          - \(container)\n"
    }

    private static func json(
        _ path: String, op: String = "replace", _ target: String = "name: load", value: String = "v"
    )
        -> String
    {
        "patches:\n- target: {\(target)}\n  patch: |\n    - op: \(op)\n      path: \(path)\n      value: \(value)\n"
    }

    private static let pod = "/spec/template/spec"
    private static let native = "          initContainers:"
    private static let ordinary = "          containers:"

    /// A patch in a file of its own that says nothing but what its pod is to have.
    private static func alone(_ name: String, _ spec: String, _ line: String) -> Case {
        let patch =
            #"{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"load"},"spec":{"template":{"spec":\#(spec)}}}"#
        return Case(
            testDescription: name, overlay: "patches: [{path: p.json}]\n", files: ["over/p.json": patch],
            file: "over/p.json", line: patch.replacing(spec, with: line))
    }

    static let cases = [
        alone(
            "that is JSON and all of its list", #"{"containers":[{"name":"side"}]}"#,
            #"{"initContainers":[{"name":"side"}]}"#),
        alone(
            "that is JSON and the list its last", #"{"hostPID":true,"containers": [ {"name":"side"} ]}"#,
            #"{"hostPID":true,"initContainers": [ {"name":"side"} ]}"#),
        alone(
            "that is JSON and the list its first", #"{"containers":[{"name":"side"}],"hostPID":true}"#,
            #"{"initContainers":[{"name":"side"}],"hostPID":true}"#),
        alone(
            "that is YAML in quotes", "{a: b, 'containers': [{name: side}]}",
            "{a: b, 'initContainers': [{name: side}]}"),
        Case(testDescription: "by its name", overlay: merge("", name: "load"), line: native),
        Case(testDescription: "of another object", overlay: merge("", name: "other"), line: ordinary),
        Case(testDescription: "by a pattern", overlay: merge("name: lo.*"), line: native),
        Case(testDescription: "by alternatives", overlay: merge("kind: ^Job$, name: cron|load"), line: native),
        Case(testDescription: "anchored", overlay: merge("name: loa"), line: ordinary),
        Case(
            testDescription: "by a class of letters", overlay: merge("name: '[l]oad'"), line: ordinary, rules: ["KS120"]
        ),
        Case(testDescription: "by a label", overlay: merge("labelSelector: tier=night"), line: native),
        Case(testDescription: "by another's label", overlay: merge("labelSelector: tier=day"), line: ordinary),
        Case(
            testDescription: "by a set of labels", overlay: merge("labelSelector: 'tier in (night)'"), line: ordinary,
            rules: ["KS120"]),
        Case(
            testDescription: "by a label that a base may add", overlay: merge("labelSelector: tier=x"),
            base: "resources: [job.yaml]\ncommonLabels: {tier: x}\n", line: ordinary, rules: ["KS120"]),
        Case(
            testDescription: "for both, of which one is native", overlay: merge("kind: Job"), line: ordinary,
            rules: ["KS120"]),
        Case(
            testDescription: "by the name that the base gives", overlay: merge("", name: "dev-load-1"),
            base: "resources: [job.yaml]\nnamePrefix: dev-\nnameSuffix: '-1'\n", line: native),
        Case(
            testDescription: "by legacy fields alone", overlay: "patchesStrategicMerge: [p.yaml]\n",
            files: [
                "over/kustomization.yaml": "bases: [../base]\npatchesStrategicMerge: [p.yaml]\n",
                "over/p.yaml":
                    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: load}\nspec:\n  template:\n    spec:\n"
                    + "      containers:\n      - {name: side, image: s:2}\n",
            ], file: "over/p.yaml", line: "      initContainers:"),
        Case(
            testDescription: "in a component", overlay: "components: [../part]\n",
            files: ["part/kustomization.yaml": "kind: Component\n" + merge("", name: "load")],
            file: "part/kustomization.yaml", line: native),
        Case(
            testDescription: "a base that is not converted along", overlay: merge("", name: "load"),
            unlisted: ["base/job.yaml"], line: ordinary, rules: ["KS120"]),
        Case(
            testDescription: "a place in one", overlay: json("\(pod)/containers/0/image"), unlisted: ["base/job.yaml"],
            line: "      path: \(pod)/containers/0/image", rules: ["KS120"]),
        Case(
            testDescription: "a patch that is not converted along", overlay: "patches: [{path: p.yaml}]\n",
            files: [
                "over/p.yaml":
                    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: load}\nspec:\n  template:\n    spec:\n"
                    + "      containers:\n      - {name: side, image: s:2}\n"
            ], unlisted: ["over/p.yaml"], line: "patches: [{path: p.yaml}]", rules: ["KS120"]),
        Case(
            testDescription: "a place", overlay: json("\(pod)/containers/0/image"),
            line: "      path: \(pod)/initContainers/0/image"),
        Case(
            testDescription: "of both", overlay: json("\(pod)/containers/0/image", "kind: Job"),
            line: "      path: \(pod)/containers/0/image", rules: ["KS120"]),
        Case(
            testDescription: "of the other", overlay: json("\(pod)/containers/0/image", "labelSelector: tier=day"),
            line: "      path: \(pod)/containers/0/image"),
        Case(
            testDescription: "a variable behind the marker", overlay: json("\(pod)/containers/0/env/1/value"),
            line: "      path: \(pod)/initContainers/0/env/0/value"),
        Case(
            testDescription: "behind the variables", overlay: json("\(pod)/containers/0/env/-", op: "add"),
            line: "      path: \(pod)/initContainers/0/env/-"),
        Case(
            testDescription: "the marker", overlay: json("\(pod)/containers/0/env/0/value"),
            line: "      path: \(pod)/containers/0/env/0/value", rules: ["KS120"]),
        Case(
            testDescription: "in a hook that goes",
            overlay: json("\(pod)/containers/0/lifecycle/preStop/exec/command/0"),
            line: "      path: \(pod)/containers/0/lifecycle/preStop/exec/command/0", rules: ["KS120"]),
        Case(
            testDescription: "a list that is there now", overlay: json("\(pod)/initContainers", op: "add", value: "[]"),
            line: "      path: \(pod)/initContainers", rules: ["KS120"]),
        Case(
            testDescription: "an annotation that goes",
            overlay: json("/spec/template/metadata/annotations/sidecar.k-pipe.cloud~1linger.side"),
            line: "      path: /spec/template/metadata/annotations/sidecar.k-pipe.cloud~1linger.side", rules: ["KS120"]),
        Case(
            testDescription: "one that stays", overlay: json("/spec/template/metadata/annotations/keep"),
            line: "      path: /spec/template/metadata/annotations/keep"),
        Case(
            testDescription: "markers and hooks of a part that moves",
            overlay: merge(
                "", name: "load",
                "{name: side, env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}, {name: A, value: b}], "
                    + "lifecycle: {preStop: {exec: {command: [kill, '1']}}}}"),
            line: "          - {name: side, env: [{name: A, value: b}]}"),
        Case(
            testDescription: "a marker that only the patch has",
            overlay: merge(
                "", name: "other", "{name: side, env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]}"),
            line: ordinary, rules: ["KS131"]),
        Case(
            testDescription: "the same by a place",
            overlay: json(
                "\(pod)/containers/1/env", op: "add", "name: other",
                value: "[{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]"),
            line: "      path: \(pod)/containers/1/env", rules: ["KS131"]),
        Case(
            testDescription: "a replacement",
            overlay: "replacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.v}\n  targets:\n"
                + "  - select: {kind: Job, name: load}\n    fieldPaths:\n"
                + "    - spec.template.spec.containers.[name=side].image\n",
            line: "    - spec.template.spec.initContainers.[name=side].image"),
        Case(
            testDescription: "a replacement by place",
            overlay: "replacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.v}\n  targets:\n"
                + "  - select: {kind: Job, name: load}\n    fieldPaths:\n    - spec.template.spec.containers.0.image\n",
            line: "    - spec.template.spec.containers.0.image", rules: ["KS120"]),
        Case(
            testDescription: "a variable by place", overlay: variable("load"),
            line: "  fieldref: {fieldpath: 'spec.template.spec.containers[0].image'}", rules: ["KS120"]),
        Case(
            testDescription: "a variable of another object", overlay: variable("other"),
            line: "  fieldref: {fieldpath: 'spec.template.spec.containers[0].image'}"),
        Case(
            testDescription: "a transformer", overlay: "transformers: [t.yaml]\n", files: ["over/t.yaml": transformer],
            line: "transformers: [t.yaml]", rules: ["KS120"]),
        Case(
            testDescription: "a transformer in the kustomization",
            overlay: "transformers:\n- |\n  " + transformer.replacing("\n", with: "\n  "), line: "transformers:",
            rules: ["KS120"]),
        Case(
            testDescription: "a transformer that names no containers", overlay: "transformers: [t.yaml]\n",
            files: ["over/t.yaml": "kind: LabelTransformer\nlabels: {a: b}\n"], line: "transformers: [t.yaml]"),
        Case(
            testDescription: "a transformer where nothing moves", overlay: "transformers: [t.yaml]\n",
            files: ["over/t.yaml": transformer], base: "resources: [other.yaml]\n", line: "transformers: [t.yaml]"),
    ]

    private static let transformer =
        "kind: PatchTransformer\nmetadata: {name: t}\n"
        + "patch: '[{op: replace, path: \(pod)/containers/0/image, value: x}]'\ntarget: {name: load}\n"

    private static func variable(_ name: String) -> String {
        "vars:\n- name: IMAGE\n  objref: {apiVersion: batch/v1, kind: Job, name: \(name)}\n"
            + "  fieldref: {fieldpath: 'spec.template.spec.containers[0].image'}\n"
    }

    @Test(arguments: cases) func aPatchFollowsOrIsNamed(_ one: Case) throws {
        let files = [
            "base/kustomization.yaml": one.base, "base/job.yaml": Self.job, "base/other.yaml": Self.plain,
            "over/kustomization.yaml": "resources: [../base]\n" + one.overlay,
        ].merging(one.files) { $1 }
        func isListed(_ path: String) -> Bool { !one.unlisted.contains(path) }
        func read(_ path: String) -> [UInt8]? { files[path].map { Array($0.utf8) } }
        let plan = try #require(
            KustomizePlan("over/kustomization.yaml", ConversionOptions(), isListed: isListed, read: read))
        let output = plan.files[one.file].map { String(decoding: $0.output, as: UTF8.self) } ?? ""
        let found = plan.files.values.flatMap(\.diagnostics)
        #expect(output.split(separator: "\n").contains(Substring(one.line)), "\(output) \(found)")
        #expect(found.filter { $0.severity != .note }.map(\.rule.id) == one.rules, "\(found)")
    }
}
