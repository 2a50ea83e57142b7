import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

/// Which pods hang although nobody has marked anything: by what is taken for main there.
@Suite struct AdviceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sketch: PodSketch
        /// The names that are to be marked; `nil`: it does not hang.
        let names: String?

        init(_ name: String, _ sketch: PodSketch, _ names: String?) {
            testDescription = name
            self.sketch = sketch
            self.names = names
        }
    }

    static let annotation = WellKnownNames.Annotation.defaultContainer
    static let cases = [
        Case("one has ended, one runs on", PodSketch().container("a", .exit(0)).container("b", .up), "b"),
        Case("nothing has ended", PodSketch().container("a", .up).container("b", .up), nil),
        Case("all have ended", PodSketch().container("a", .exit(0)).container("b", .exit(1)), nil),
        Case(
            "the one that the Job is named after runs on",
            PodSketch().container("step", .up).container("b", .exit(0)), nil),
        Case("it has ended", PodSketch().container("step", .exit(0)).container("b", .up).container("c", .up), "b,c"),
        Case(
            "kubectl's own runs on",
            PodSketch().container("a", .up).container("b", .exit(0)).container("c", .up).annotated(annotation, "a"), nil
        ),
        Case(
            "kubectl's own has ended",
            PodSketch().container("a", .exit(3)).container("b", .up).annotated(annotation, "a"), "b"),
        Case(
            "known sidecars are none", PodSketch().container("work", .exit(0)).container("istio-proxy", .up),
            "istio-proxy"),
        Case(
            "only a known sidecar has ended", PodSketch().container("work", .up).container("istio-proxy", .exit(0)), nil
        ),
        Case(
            "a failure that is tried again has not ended",
            PodSketch("OnFailure").container("step", .exit(1)).container("b", .up), nil),
        Case(
            "no Job waits for it",
            PodSketch().container("a", .exit(0)).container("b", .up).with { $0.metadata.ownerReferences = [] }, nil),
        Case("it is meant to run on", PodSketch("Always").container("a", .exit(0)).container("b", .up), nil),
        Case("it is marked", PodSketch().container("a", .exit(0)).sidecar("b"), nil),
    ]

    @Test(arguments: cases) func `what hangs`(_ one: Case) {
        let facts = one.sketch.facts()
        #expect(Advice.hanging(facts, facts.verdict).joined(separator: ",") == one.names ?? "")
        let rows = PodDiagnosis(facts, facts.verdict, .ordinary()).rows
        if case .terminate = facts.verdict {
        } else {
            #expect(rows.filter(\.holdsOpen).map(\.container).joined(separator: ",") == one.names ?? "")
        }
        guard let names = one.names else { return }
        #expect(Advice.lines(for: facts, facts.verdict).contains { $0.hasSuffix("sidecars=\(names)") })
    }

    @Test func `a regular container that is always restarted is no native sidecar`() {
        let facts = PodSketch().container("main", .exit(0)).sidecar("logger") { $0.restartPolicy = "Always" }.facts()
        #expect(Advice.lines(for: facts, facts.verdict).isEmpty)
        #expect(
            facts.findings == [
                "logger has restartPolicy: Always among the regular containers, so it never ends and the pod never does: a "
                    + "native sidecar stands among the initContainers (kpipe-sidecar render convert --sidecar logger)"
            ])
    }

    @Test func `a main container whose name is misspelt`() {
        let facts = PodSketch().container("work", .exit(0)).container("logger", .up)
            .annotated(WellKnownNames.Annotation.primaryContainer, "wrok").facts()
        #expect(
            Advice.lines(for: facts, facts.verdict) == [
                "if work is its main container: kubectl annotate pod step-x7 -n team "
                    + "sidecar.k-pipe.cloud/primary-container=work --overwrite"
            ])
    }

    /// A pod whose phase was held is no longer one to speak of when all has ended.
    @Test(arguments: [(ContainerState.up, false), (.exit(137), true)])
    func `a held pod leaves the list`(_ state: ContainerState, _ isFinished: Bool) {
        let facts = LadderTests.counted.sidecar("sidecar", state).progress("sidecar=hold@1500/0").facts()
        #expect(PodDiagnosis(facts, facts.verdict, .ordinary()).isFinished == isFinished)
    }

    /// What main waits for, and why: `nil` where nothing has failed.
    static let starts: [(state: ContainerState, started: Bool?, last: Int32?, why: String?)] = [
        (.waiting(reason: "PodInitializing"), false, nil, nil),
        (.waiting(reason: "ContainerCreating"), false, nil, nil),
        (.up, false, nil, nil),
        (.up, true, 1, nil),
        (.waiting(reason: "CrashLoopBackOff"), false, 1, "CrashLoopBackOff"),
        (.waiting(reason: "ErrImagePull"), false, nil, "ErrImagePull"),
        (.waiting(reason: "CreateContainerConfigError"), nil, nil, "CreateContainerConfigError"),
        (.up, false, 137, "Error, exit code 137"),
        (.exit(0), false, nil, "Completed, exit code 0"),
    ]

    @Test(arguments: starts)
    func `a native sidecar that keeps main from starting`(
        _ state: ContainerState, _ started: Bool?, _ last: Int32?, _ why: String?
    ) {
        let facts = PodSketch(phase: "Pending").container("main", .waiting(reason: "PodInitializing"))
            .native(
                "proxy", state, started: started, restarts: 2, last: last.map { ContainerState.exit($0) } ?? .unknown
            ).facts()
        let lines = Advice.lines(for: facts, facts.verdict)
        guard let why else {
            #expect(lines.isEmpty)
            return
        }
        #expect(
            lines == [
                "native sidecar proxy does not start (\(why); restarts: 2), and main starts only after it: kubectl logs "
                    + "step-x7 -n team -c proxy --previous; label the pod's template "
                    + "sidecar.k-pipe.cloud/convert=disabled if main can do without it"
            ])
    }
}
