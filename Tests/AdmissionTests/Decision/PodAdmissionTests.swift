import Basics
import Conversion
import KubeClient
import KubeRuntime
import PodRules
import Testing
import YAMLTree

@testable import Admission

@Suite struct PodAdmissionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var pod = Reviews.marked
        var namespace = "team"
        var surroundings = Reviews.surroundings()
        var result: AdmissionDecision.Result
        var says: String?
        var tells: String?
    }

    static func labelled(_ value: String) -> String {
        "\nmetadata:\n  name: step\n  labels: {sidecar.k-pipe.cloud/convert: \(value)}\n"
            + Reviews.marked.split(separator: "\n").dropFirst(2).joined(separator: "\n")
    }

    static let owned = """
        metadata:
          generateName: step-
          ownerReferences:
          - {apiVersion: batch/v1, kind: Job, name: step, uid: j, controller: true}
        spec:
          restartPolicy: Never
          containers:
          - name: logger
            image: busybox
            env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]
        """

    static let cases = [
        Case(testDescription: "marked, in a namespace that asks for it", result: .converted),
        Case(
            testDescription: "marked, nobody asks", surroundings: Reviews.surroundings { $0.namespace = .init() },
            result: .unasked),
        Case(
            testDescription: "the pod asks itself", pod: labelled("enabled"),
            surroundings: Reviews.surroundings { $0.namespace = .init() }, result: .converted),
        Case(
            testDescription: "the pod asks itself, its namespace is unknown", pod: labelled("enabled"),
            surroundings: Reviews.surroundings { $0.namespace = nil }, result: .converted),
        Case(testDescription: "the pod excepts itself", pod: labelled("disabled"), result: .unasked),
        Case(
            testDescription: "another value asks for nothing", pod: labelled("\"yes\""),
            surroundings: Reviews.surroundings { $0.namespace = .init() }, result: .unasked),
        Case(
            testDescription: "the namespace could not be asked",
            surroundings: Reviews.surroundings { $0.namespace = nil },
            result: .left, says: "labels could not be read", tells: AdmissionEvent.left),
        Case(
            testDescription: "the namespace could not be asked, and there is no sidecar",
            pod: "metadata: {name: p}\nspec: {containers: [{name: main, image: b}]}",
            surroundings: Reviews.surroundings { $0.namespace = nil }, result: .unchanged),
        Case(testDescription: "the cluster's own namespace", namespace: "kube-system", result: .unasked),
        Case(testDescription: "our own namespace", namespace: "kpipe-system", result: .unasked),
        Case(
            testDescription: "another namespace than the one we are restricted to",
            surroundings: Reviews.surroundings { $0.onlyNamespace = "data" }, result: .unasked),
        Case(
            testDescription: "an API server without native sidecars",
            surroundings: Reviews.surroundings { $0.version = KubeVersion("1.28.9") }, result: .left,
            says: "1.28.9 has no native sidecars", tells: AdmissionEvent.left),
        Case(
            testDescription: "an API server of an unknown version",
            surroundings: Reviews.surroundings { $0.version = nil }, result: .left, says: "version is not known",
            tells: AdmissionEvent.left),
        Case(
            testDescription: "every container is marked", pod: owned, result: .left, says: "KS001",
            tells: AdmissionEvent.left),
        Case(
            testDescription: "an annotation names a container that is not there",
            pod: "metadata: {name: p, annotations: {sidecar.k-pipe.cloud/sidecars: x}}\n"
                + "spec: {containers: [{name: main, image: b}]}",
            result: .left, says: "KS002", tells: AdmissionEvent.left),
        Case(
            testDescription: "a pod that a kubelet made",
            pod:
                "metadata: {name: p, annotations: {kubernetes.io/config.mirror: x, sidecar.k-pipe.cloud/sidecars: s}}\n"
                + "spec: {containers: [{name: main, image: b}, {name: s, image: b}]}", result: .unasked),
        Case(
            testDescription: "known sidecars, asked for by a label",
            pod: "metadata: {name: p, labels: {sidecar.k-pipe.cloud/terminate-known: enabled}}\n"
                + "spec: {containers: [{name: main, image: b}, {name: fluent-bit, image: fluent-bit}]}",
            result: .converted),
        Case(
            testDescription: "known sidecars, not asked for",
            pod: "metadata: {name: p}\n"
                + "spec: {containers: [{name: main, image: b}, {name: fluent-bit, image: fluent-bit}]}",
            result: .unchanged),
        Case(
            testDescription: "an operator's own annotation",
            pod: "metadata: {name: p, annotations: {company.example/sidecars: s}}\n"
                + "spec: {containers: [{name: main, image: b}, {name: s, image: b}]}",
            surroundings: Reviews.surroundings { $0.rules.sidecarAnnotations.append("company.example/sidecars") },
            result: .converted),
        Case(
            testDescription: "a mesh's proxy is an ordinary container already, by its injector",
            pod: Reviews.marked.replacing(
                "name: step", with: "name: step\n  labels: {sidecar.istio.io/inject: \"true\"}")
                + "\n  - name: istio-proxy\n    image: istio/proxyv2:1.26", result: .left, says: "KS010",
            tells: AdmissionEvent.left),
        Case(
            testDescription: "a resize policy, as an API server of 1.32 with that feature fills in",
            pod: Reviews.marked.replacing(
                "command:", with: "resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]\n    command:"),
            surroundings: Reviews.surroundings { $0.version = KubeVersion("1.32.1") }, result: .left, says: "KS011",
            tells: AdmissionEvent.left),
        Case(
            testDescription: "a resize policy, from 1.33 on",
            pod: Reviews.marked.replacing(
                "command:", with: "resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]\n    command:"),
            result: .converted),
        Case(
            testDescription: "a dry run of ours", surroundings: Reviews.surroundings { $0.isDryRun = true },
            result: .converted, says: "would make native: logger"),
    ]

    @Test(arguments: cases) func isDecided(_ example: Case) throws {
        let request = try Reviews.creating(example.pod, namespace: example.namespace)
        let decision = AdmissionDecision(request, in: example.surroundings)
        #expect(decision.result == example.result)
        #expect((decision.patch != nil) == (example.result == .converted && !example.surroundings.isDryRun))
        if let says = example.says { #expect(decision.warnings.joined().contains(says), "\(decision.warnings)") }
        #expect(decision.event?.reason == example.tells)
        // The same question has the same answer.
        #expect(AdmissionDecision(request, in: example.surroundings) == decision)
    }

    /// What is injected after us, or by a webhook that sees us first, is still a sidecar to the terminator.
    @Test(arguments: [
        ("marked by a variable", Reviews.marked, true),
        ("with labels", Reviews.marked.replacing("name: step", with: "name: step\n  labels: {app: x, tier: y}"), true),
        (
            "marked by an annotation",
            Reviews.marked.replacing("name: step", with: "name: step\n  annotations: {nrmitchi.com/sidecars: logger}"),
            true
        ),
        (
            "Flyte's annotation stays, and marks it",
            Reviews.marked.replacing("name: step", with: "name: step\n  annotations: {primary_container_name: main}"),
            false
        ),
        ("is not to end", Reviews.marked.replacing("restartPolicy: Never", with: "restartPolicy: Always"), false),
        (
            "says so already",
            Reviews.marked.replacing("name: step", with: "name: step\n  \(knownLabel)"), false
        ),
    ])
    func aPodThatLosesItsMarkersStaysMarked(_ what: String, _ pod: String, _ isLabelled: Bool) throws {
        let request = try Reviews.creating(pod)
        let decision = AdmissionDecision(request, in: Reviews.surroundings())
        let patch = try #require(decision.patch, "\(decision.warnings)")
        let outcome = try JSONPatch.apply(
            try YAMLNode(json: Array(patch.text.utf8)), to: try #require(request.object))
        let labels = outcome["metadata"]?["labels"]
        #expect(
            (labels?["sidecar.k-pipe.cloud/terminate-known"]?.text == "enabled")
                == (isLabelled || what.hasPrefix("says")))
        #expect(patch.text.contains("terminate-known") == isLabelled)
        #expect(labels?["app"] == request.object?["metadata"]?["labels"]?["app"])
    }

    private static let knownLabel = "labels: {sidecar.k-pipe.cloud/terminate-known: enabled}"

    /// A tenant's word makes no pod outlive its main by a day.
    @Test(arguments: [(nil, 86_400), (300, 300), (100_000, 86_400)] as [(Int?, Int)])
    func lingeringIsBoundedByTheOperator(limit: Int?, seconds: Int) throws {
        let pod = Reviews.marked.replacing(
            "name: step", with: "name: step\n  annotations: {sidecar.k-pipe.cloud/linger.logger: 24h}")
        let surroundings = Reviews.surroundings { $0.lingerLimit = limit }
        let patch = try #require(AdmissionDecision(try Reviews.creating(pod), in: surroundings).patch?.text)
        #expect(patch.contains(#""sleep":{"seconds":\#(seconds)}"#), "\(patch)")
    }

    @Test func theOwnerIsTold() throws {
        let event = try #require(
            AdmissionDecision(try Reviews.creating(Self.owned), in: Reviews.surroundings()).event)
        let owner = ObjectReference(apiVersion: "batch/v1", kind: "Job", namespace: "team", name: "step", uid: "j")
        #expect(event.regarding == owner)
        #expect(event.kind == .warning)
    }

    /// Whatever is wrong, the object comes in.
    @Test(arguments: cases) func nothingIsEverRefused(_ example: Case) throws {
        let request = try Reviews.creating(example.pod, namespace: example.namespace)
        let answer = AdmissionDecision(request, in: example.surroundings).answer(to: "42").json
        let response = try YAMLNode(json: Array(answer.text.utf8))["response"]
        #expect(response?["allowed"]?.text == "true")
        #expect(response?["uid"]?.text == "42")
    }

    @Test(arguments: ["UPDATE", "DELETE", "CONNECT", ""]) func onlyCreationIsLookedAt(operation: String) throws {
        var request = try Reviews.creating(Reviews.marked)
        request.operation = operation
        #expect(AdmissionDecision(request, in: Reviews.surroundings()).result == .unasked)
    }

    @Test func subresourcesAreLeftAlone() throws {
        var request = try Reviews.creating(Reviews.marked)
        request.subresource = "ephemeralcontainers"
        #expect(AdmissionDecision(request, in: Reviews.surroundings()).result == .unasked)
    }

    @Test func anObjectThatIsMissingComesIn() throws {
        let request = AdmissionRequest(uid: "u", kind: .pod)
        #expect(AdmissionDecision(request, in: Reviews.surroundings()).result == .unasked)
    }

    /// Warnings become header lines.
    @Test func warningsArePresentable() throws {
        let answer = AdmissionAnswer(
            uid: "u", warnings: ["a\nb\u{0}", "a\nb\u{0}", String(repeating: "x", count: 999)])
        let warnings = try YAMLNode(json: Array(answer.json.text.utf8))["response"]?["warnings"]?.sequence ?? []
        #expect(warnings.count == 2)
        #expect(warnings.first?.text == "a b ")
        #expect(warnings.allSatisfy { $0.text.map { $0.count <= 256 } ?? false })
    }
}
