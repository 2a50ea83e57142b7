import KubeClient
import KubeModel
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct PreflightChecksTests {
    /// A cluster on which everything works.
    private static func facts(_ change: (inout PreflightFacts) -> Void = { _ in }) -> PreflightFacts {
        var facts = PreflightFacts(now: 1600)
        facts.version = ServerVersion(1, 36)
        facts.needs = 22
        facts.isKruiseServed = false
        facts.exitImage = "exit0:latest"
        facts.trial = .runs(hasShell: true)
        facts.nodes = [
            .init(
                name: "lab", kubelet: "v1.36.2", runtime: "containerd://1.6.20",
                images: ["docker.io/library/exit0:latest"])
        ]
        facts.agents = []
        facts.terminators = 2
        facts.lease = .init(holder: "one", renewed: 1598, duration: 15)
        facts.pods = []
        change(&facts)
        return facts
    }

    private static func need(_ verb: String, _ resource: String, essential: Bool, in namespace: String? = nil)
        -> AccessNeed
    {
        AccessNeed(verb, "", resource, in: namespace, for: "purpose of \(resource)", isEssential: essential)
    }

    @Test func `where all is well everything passes`() {
        let checks = Self.facts().checks
        #expect(checks.allSatisfy { $0.outcome == .pass && $0.advice.isEmpty }, "\(PreflightCheck.text(checks))")
        #expect(
            checks.map(\.subject) == [
                "API server", "native sidecars", "permissions", "exit image", "OpenKruise", "node agents",
                "quit endpoints", "virtual nodes", "terminator", "stuck pods",
            ])
    }

    private static let stuck = PodDiagnosis(
        PodSketch().container("main", .exit(0)).sidecar().facts(), .ordinary(now: 1600))
    private static let lost = PodDiagnosis(
        PodSketch().container("main", .exit(0)).sidecar("sidecar", .waiting("CrashLoopBackOff"))
            .with { $0.metadata.ownerReferences = [] }.facts(), Surroundings(now: 1600))
    private static let pulling = PodDiagnosis(
        PodSketch().container("main", .exit(0)).sidecar("sidecar", .waiting("ImagePullBackOff"), restarts: 1)
            .progress("sidecar=image@1590/0").facts(), .ordinary(now: 1600))

    struct Case: Sendable, CustomTestStringConvertible {
        var subject: String
        var outcome: PreflightCheck.Outcome
        var words: String
        var change: @Sendable (inout PreflightFacts) -> Void
        var testDescription: String { words }

        init(
            _ subject: String, _ outcome: PreflightCheck.Outcome, _ words: String,
            _ change: @escaping @Sendable (inout PreflightFacts) -> Void
        ) {
            self.subject = subject
            self.outcome = outcome
            self.words = words
            self.change = change
        }
    }

    @Test(arguments: [
        Case("kubelets", .warn, "1.33.2 on new, old: a sidecar with a startup probe") {
            for name in ["old", "new"] {
                $0.nodes?.append(.init(name: name, kubelet: "v1.33.2", runtime: "containerd://1.7"))
            }
        },
        Case("API server", .warn, "v1.26") { $0.version = ServerVersion(1, 26) },
        Case("API server", .fail, "refused") {
            $0.version = nil
            $0.unknown[.version] = "refused"
        },
        Case("native sidecars", .warn, "only with the feature gate") { $0.version = ServerVersion(1, 28) },
        Case("native sidecars", .warn, "not before Kubernetes 1.29") { $0.version = ServerVersion(1, 27) },
        Case("permissions", .fail, "not allowed: patch pods, patch pods (for purpose of pods)") {
            $0.refused = [need("patch", "pods", essential: true), need("patch", "pods", essential: true)]
        },
        Case("permissions", .warn, "not allowed in namespace team: create pods/exec (for purpose of pods/exec)") {
            $0.refused = [need("create", "pods/exec", essential: false, in: "team")]
        },
        Case("permissions", .fail, "no reviews") { $0.unknown[.access] = "no reviews" },
        Case("exit image", .warn, "none is configured") { $0.exitImage = nil },
        Case("exit image", .warn, "registry.example/exit:1: not tried; 0 of 1 nodes") {
            $0.exitImage = "registry.example/exit:1"
            $0.trial = nil
        },
        Case("exit image", .warn, "not as sh") { $0.trial = .runs(hasShell: false) },
        Case("exit image", .fail, "cannot be started here: ErrImagePull") {
            $0.trial = .fails("cannot be started here: ErrImagePull")
        },
        Case("exit image", .warn, "could not be tried: forbidden") {
            $0.trial = nil
            $0.unknown[.trial] = "forbidden"
        },
        Case("exit image", .fail, "cannot be pulled for team/step-x7") { $0.pods = [pulling] },
        Case("exit image", .warn, "could not be found out: forbidden") {
            $0.trial = nil
            $0.nodes = nil
            $0.unknown[.nodes] = "forbidden"
        },
        Case("OpenKruise", .warn, "both would end the same pods") {
            $0.isKruiseServed = true
            $0.doesKruiseTerminate = true
        },
        Case("OpenKruise", .pass, "its SidecarTerminator is off") {
            $0.isKruiseServed = true
            $0.doesKruiseTerminate = false
        },
        Case("OpenKruise", .warn, "is not known") { $0.isKruiseServed = true },
        Case("node agents", .warn, "the configuration does not say so") { $0.agents = ["lab"] },
        Case("node agents", .fail, "none is ready anywhere") { $0.isNodeAgentConfigured = true },
        Case("node agents", .warn, "not ready on other (1 of 2 nodes)") {
            $0.isNodeAgentConfigured = true
            $0.agents = ["lab"]
            $0.nodes?.append(.init(name: "other"))
        },
        Case("node agents", .pass, "ready on all 1 nodes") {
            $0.isNodeAgentConfigured = true
            $0.agents = ["lab"]
            $0.nodes?.append(.init(name: "burst", isVirtual: true))
        },
        Case("quit endpoints", .warn, "localhost alone are not reached") { $0.quitsByProxy = true },
        Case("virtual nodes", .warn, "burst: only the rungs http, image and hold") {
            $0.nodes?.append(.init(name: "burst", isVirtual: true))
        },
        Case("terminator", .warn, "nobody leads: one did until 100 s ago") { $0.lease?.renewed = 1500 },
        Case("terminator", .warn, "none is at work") {
            $0.lease = nil
            $0.terminators = 0
        },
        Case("terminator", .pass, "without leader election") { $0.lease = nil },
        Case("stuck pods", .warn, "1 of 1 marked pods: team/step-x7") { $0.pods = [stuck] },
        Case("no way out", .fail, "nothing is left to try for team/step-x7") { $0.pods = [lost] },
    ])
    func `each trouble has its line, and says what to do`(_ row: Case) throws {
        let check = try #require(Self.facts(row.change).checks.first { $0.subject == row.subject })
        #expect(check.outcome == row.outcome)
        #expect(check.finding.contains(row.words), "\(check.finding)")
        if row.outcome == .fail, row.subject != "API server", row.words != "no reviews" {
            #expect(!check.advice.isEmpty)
        }
    }

    @Test func `the lines stand in columns`() {
        #expect(
            PreflightCheck.text([
                PreflightCheck(.pass, "API server", "v1.36"),
                PreflightCheck(.fail, "exit", "none", advice: "give one"),
            ]) == """
                pass   API server   v1.36
                fail   exit         none
                                    → give one

                1 pass, 0 warn, 1 fail

                """)
    }
}
