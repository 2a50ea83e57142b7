import KubeModel
import PodTestSupport
import Testing

@testable import PodRules

@Suite struct VerdictTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sketch: PodSketch
        var expected: String

        init(_ name: String, _ sketch: PodSketch, _ expected: String) {
            testDescription = name
            self.sketch = sketch
            self.expected = expected
        }
    }

    /// A container whose own policy is `Never`, with a rule for these exit codes.
    static func rule(_ action: String, _ codes: [Int32]) -> (inout Container) -> Void {
        { container in
            var rule = RestartPolicyRule()
            rule.action = action
            rule.exitCodeOperator = "In"
            rule.exitCodes = codes
            container.restartPolicy = "Never"
            container.restartPolicyRules = [rule]
        }
    }

    static let never = [
        Case("main runs", PodSketch().container("main", .up).sidecar(), "wait main"),
        Case("main exits 0", PodSketch().container("main", .exit(0)).sidecar(), "end sidecar: succeeded"),
        Case("main exits 3", PodSketch().container("main", .exit(3)).sidecar(), "end sidecar: failed"),
        Case("out of memory", PodSketch().container("main", .exit(137, "OOMKilled")).sidecar(), "end sidecar: failed"),
        Case(
            "a program that is not there", PodSketch().container("main", .exit(128, "StartError")).sidecar(),
            "end sidecar: failed"),
        Case("main never started", PodSketch().container("main", .waiting("ImagePullBackOff")).sidecar(), "wait main"),
        Case(
            "no status of main",
            PodSketch().container("main", .up).sidecar().with {
                $0.status.containerStatuses.removeFirst()
            }, "wait main"),
        Case("a state that says nothing", PodSketch().container("main", .unknown).sidecar(), "wait main"),
        Case(
            "one of two mains has ended",
            PodSketch().container("b", .up).container("a", .up).container("c", .exit(0)).sidecar(), "wait a,b"),
        Case(
            "one of two mains failed",
            PodSketch().container("a", .exit(0)).container("b", .exit(1)).sidecar(), "end sidecar: failed"),
        Case(
            "the sidecar waits for its image; the phase is Pending",
            PodSketch(phase: "Pending").container("main", .exit(0)).sidecar("s", .waiting("ImagePullBackOff")),
            "end s: succeeded"),
        Case(
            "main ends before the sidecar is there",
            PodSketch(phase: "Pending").container("main", .exit(0)).sidecar("s", .waiting("ContainerCreating")),
            "end s: succeeded"),
        Case(
            "the sidecar ended by itself", PodSketch().container("main", .exit(0)).sidecar("s", .exit(1)),
            "done: succeeded"),
        Case(
            "of two sidecars one has ended",
            PodSketch().sidecar("z").container("main", .exit(0)).sidecar("s", .exit(0)).sidecar("a"),
            "end a,z: succeeded"),
        Case(
            "a rule restarts main", PodSketch().container("main", .exit(42), rule("Restart", [42])).sidecar(),
            "wait main"),
        Case(
            "a rule restarts all",
            PodSketch().container("main", .exit(42), rule("RestartAllContainers", [42]))
                .sidecar(), "wait main"),
        Case(
            "a rule for another code", PodSketch().container("main", .exit(1), rule("Restart", [42])).sidecar(),
            "end sidecar: failed"),
        Case(
            "main's own policy restarts it",
            PodSketch().container("main", .exit(0)) { $0.restartPolicy = "Always" }
                .sidecar(), "wait main"),
    ]

    static let onFailure = [
        Case("main exits 0", PodSketch("OnFailure").container("main", .exit(0)).sidecar(), "end sidecar: succeeded"),
        Case("main will be tried again", PodSketch("OnFailure").container("main", .exit(1)).sidecar(), "wait main"),
        Case(
            "main waits for its next try",
            PodSketch("OnFailure").container("main", .waiting("CrashLoopBackOff"), restarts: 1).sidecar(), "wait main"),
        Case(
            "the sidecar crashes over and over",
            PodSketch("OnFailure").container("main", .exit(0)).sidecar("s", .waiting("CrashLoopBackOff"), restarts: 2),
            "end s: succeeded"),
        Case(
            "the sidecar will be restarted",
            PodSketch("OnFailure").container("main", .exit(0)).sidecar("s", .exit(1)), "end s: succeeded"),
        Case(
            "the sidecar has ended for good",
            PodSketch("OnFailure").container("main", .exit(0)).sidecar("s", .exit(0)), "done: succeeded"),
        Case(
            "main's own policy lets it fail",
            PodSketch("OnFailure").container("main", .exit(1)) { $0.restartPolicy = "Never" }.sidecar(),
            "end sidecar: failed"),
    ]

    static let ended = PodSketch().container("main", .exit(0)).sidecar()
    static let left = [
        Case("no marker", PodSketch().container("main", .exit(0)).container("other", .up), "leave: unmarked"),
        Case("Always", PodSketch("Always").container("main", .exit(0)).sidecar(), "leave: restartsAlways"),
        Case(
            "a policy nobody knows", PodSketch("Sometimes").container("main", .exit(0)).sidecar(),
            "leave: restartsAlways"),
        Case("of the cluster itself", ended.with { $0.metadata.namespace = "kube-system" }, "leave: systemPod"),
        Case("from a kubelet's file", ended.annotated(WellKnownNames.Annotation.mirror, "x"), "leave: systemPod"),
        Case("switched off", ended.annotated(WellKnownNames.Annotation.terminator, "disabled"), "leave: disabled"),
        Case("being deleted", ended.with { $0.metadata.isBeingDeleted = true }, "leave: beingDeleted"),
        Case(
            "being deleted while held", ended.progress("sidecar=hold@5/0").with { $0.metadata.isBeingDeleted = true },
            "leave: beingDeleted"),
        Case("finished", ended.with { $0.status.phase = "Failed" }, "leave: finished"),
        Case(
            "finished by our own hold", ended.progress("sidecar=hold@5/0").with { $0.status.phase = "Succeeded" },
            "end sidecar: succeeded"),
        Case(
            "held and counted, and the kubelet has ended the pod",
            PodSketch("OnFailure").container("main", .exit(0)).sidecar("sidecar", .exit(137))
                .progress("sidecar=hold@5/0").with {
                    $0.status.phase = "Succeeded"
                    $0.metadata.finalizers = []
                }, "done: succeeded"),
        Case(
            "held and not counted, and the sidecar will be restarted",
            PodSketch("OnFailure").container("main", .exit(0)).sidecar("sidecar", .exit(137))
                .progress("sidecar=hold@5/0").with { $0.status.phase = "Succeeded" }, "end sidecar: succeeded"),
        Case("all are marked", PodSketch().sidecar("a", .exit(0)).sidecar("b"), "leave: nothingMain"),
        Case(
            "the primary does not exist",
            PodSketch().container("main", .exit(0)).container("b", .up)
                .annotated(WellKnownNames.Annotation.primaryContainer, "mian"), "leave: missingPrimary mian"),
        Case(
            "the kubelet lost the container",
            PodSketch().container("main", .exit(137, "ContainerStatusUnknown"))
                .sidecar(), "end sidecar: failed"),
    ]

    @Test(arguments: never + onFailure + left) func `verdicts`(_ one: Case) {
        let facts = one.sketch.facts()
        #expect(Verdict(for: facts, holdsPhase: facts.memory.contains("hold@")).words == one.expected)
    }

    @Test func `the cluster's own pods are ended where an operator asks for it`() {
        var rules = MarkerRules()
        rules.countsSystemPods = true
        let pod = Self.ended.with { $0.metadata.namespace = "kube-system" }
            .annotated(WellKnownNames.Annotation.mirror, "x")
        #expect(Verdict(for: pod.facts(rules), holdsPhase: false).words == "end sidecar: succeeded")
    }

    @Test(
        arguments: [
            (nil, "evil.example/x", true), ([], "r/exit:1", false), (["r/exit:1"], "r/exit:1", true),
            (["r/exit:1"], "r/exit:2", false), (["r/*"], "r/exit:2", true), (["r/*"], "r2/exit", false),
            (["*"], "anything", true),
        ] as [([String]?, String, Bool)])
    func `an operator may say which images pods name for their swap`(allowed: [String]?, image: String, isTaken: Bool) {
        var rules = MarkerRules()
        rules.swapImages = allowed
        let pod = PodSketch().container("main", .exit(0))
            .container("s", .up, env: [WellKnownNames.Variable.terminateWithImage: image])
        let sidecar = pod.facts(rules).sidecars.first
        #expect(sidecar?.virtualNodeImage == (isTaken ? image : nil))
        // It is a sidecar all the same.
        #expect(sidecar?.name == "s")
    }

    @Test func `a mistake is told, everything else is left in silence`() {
        #expect(Verdict.Reason.nothingMain.isMistake)
        #expect(Verdict.Reason.missingPrimary("x").isMistake)
        for reason in [Verdict.Reason.unmarked, .disabled, .beingDeleted, .finished, .restartsAlways] {
            #expect(!reason.isMistake)
        }
    }
}
