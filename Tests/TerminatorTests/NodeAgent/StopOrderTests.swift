import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct StopOrderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sketch: PodSketch
        var cue: String
        var expected: [String]

        init(
            _ name: String, _ sketch: PodSketch, cue: String = "sidecar=containerd://sidecar",
            _ expected: [String] = []
        ) {
            testDescription = name
            self.sketch = sketch
            self.cue = cue
            self.expected = expected
        }
    }

    static let ended = PodSketch().container("main", .exit(0)).sidecar()

    static let cases = [
        Case("main has ended", ended, ["sidecar"]),
        Case("main failed", PodSketch().container("main", .exit(3)).sidecar(), ["sidecar"]),
        Case(
            "of two only the one named", ended.sidecar("other"), cue: "other=containerd://other,main=containerd://main",
            ["other"]),
        Case(
            "both", ended.sidecar("other"), cue: "sidecar=containerd://sidecar,other=containerd://other",
            ["other", "sidecar"]),
        Case(
            "the phase is held, and the sidecar runs on",
            PodSketch(phase: "Succeeded").container("main", .exit(0)).sidecar().progress("sidecar=hold@1500/0"),
            ["sidecar"]),
        Case("main still runs", PodSketch().container("main", .up).sidecar()),
        Case("a forged cue that names main", ended, cue: "main=containerd://main"),
        Case(
            "a forged cue in a pod without markers", PodSketch().container("main", .exit(0)).container("sidecar", .up)),
        Case("a forged cue that names a container that is not there", ended, cue: "nobody=containerd://nobody"),
        Case("another instance's id", ended, cue: "sidecar=containerd://earlier"),
        Case(
            "an id without scheme",
            ended.with { $0.status.containerStatuses[1].containerID = "sidecar" }, cue: "sidecar=sidecar"),
        Case(
            "a scheme without id",
            ended.with { $0.status.containerStatuses[1].containerID = "containerd://" }, cue: "sidecar=containerd://"),
        Case(
            "the sidecar waits",
            PodSketch().container("main", .exit(0)).sidecar("sidecar", .waiting("CrashLoopBackOff")).with {
                $0.status.containerStatuses[1].containerID = "containerd://sidecar"
            }),
        Case("the sidecar has ended", PodSketch().container("main", .exit(0)).sidecar("sidecar", .exit(0))),
        Case("disabled", ended.annotated(WellKnownNames.Annotation.terminator, "disabled")),
        Case("being deleted", ended.with { $0.metadata.isBeingDeleted = true }),
        Case("restarts always", PodSketch("Always").container("main", .exit(0)).sidecar()),
        Case("finished", PodSketch(phase: "Succeeded").container("main", .exit(0)).sidecar()),
        Case("nothing legible", ended, cue: "=,sidecar,,sidecar="),
        Case("an empty cue", ended, cue: ""),
    ]

    @Test(arguments: cases) func `only what would be ended anyway`(_ test: Case) {
        let orders = StopOrder.orders(for: test.sketch.facts(), cue: StopCue(annotation: test.cue))
        #expect(
            orders
                == test.expected.map { StopOrder(container: $0, runtimeID: $0, grace: .seconds(5), kills: false) })
    }

    /// A sidecar that is known to exit with 0 need not do so within its grace.
    @Test(arguments: [
        ("Never", Int32(0), true, [Rung.node, .hold], false), ("Never", 3, true, [.node, .hold], false),
        ("Never", 0, false, [.node, .hold], false), ("OnFailure", 0, false, [.node, .hold], false),
        ("Never", 3, false, [.node, .hold], true), ("Never", 0, true, [.node], true),
    ])
    func `SIGKILL follows only where it decides nothing`(
        _ policy: String, _ code: Int32, _ hasJob: Bool, _ ladder: [Rung], _ kills: Bool
    ) {
        var rules = MarkerRules()
        rules.ladder = ladder
        let pod = PodSketch(policy).container("main", .exit(code)).sidecar()
            .with { if !hasJob { $0.metadata.ownerReferences = [] } }.facts(rules)
        let orders = StopOrder.orders(for: pod, cue: StopCue(["sidecar": "containerd://sidecar"]))
        #expect(orders.map(\.kills) == [kills])
        let request = PlanRequestsTests.text(PlanRequests.recreate(pod, containers: ["sidecar"]))
        #expect(request.contains(#""terminationGracePeriodSeconds":\#(kills ? 5 : 86400)}"#))
    }

    /// A runtime takes 0 for SIGKILL at once; the kubelet itself never gives less than 2 s.
    @Test(arguments: [(0, 2), (1, 2), (3, 3), (nil, 30)] as [(Int64?, Int64)])
    func `SIGTERM always comes first`(_ asked: Int64?, _ given: Int64) {
        let pod = Self.ended.with { $0.spec.terminationGracePeriodSeconds = asked }.facts()
        let orders = StopOrder.orders(for: pod, cue: StopCue(["sidecar": "containerd://sidecar"]))
        #expect(orders.map(\.grace) == [.seconds(given)])
    }

    @Test func `a cue is read as it was written`() {
        let cue = StopCue(["b": "containerd://2", "a": "cri-o://1=2"])
        #expect(cue.annotation == "a=cri-o://1=2,b=containerd://2")
        #expect(StopCue(annotation: cue.annotation) == cue)
    }
}
