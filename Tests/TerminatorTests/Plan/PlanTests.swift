import Basics
import KubeClient
import KubeModel
import KubeRuntime
import OperatorConfiguration
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct PlanTests {
    static let ended = PodSketch().container("main", .exit(0))
    /// Failed, and nothing of it is left to be spoilt.
    static let alone = PodSketch().container("main", .exit(9)).with { $0.metadata.ownerReferences = [] }

    @Test func `one patch for all swaps and the memory of them`() {
        let plan = Plan(for: Self.ended.sidecar("b").sidecar("a").facts(), in: .ordinary())
        #expect(plan.images == ["a": "exit0:latest", "b": "exit0:latest"])
        #expect(plan.progress.description == "a=image@1600/0;b=image@1600/0")
        #expect(plan.calls.isEmpty)
        #expect(plan.recheck == 95)
        #expect(plan.announcements == [.terminating(container: "a", .image), .terminating(container: "b", .image)])
    }

    @Test func `a budget for one swap is spent once`() {
        let pod = PodSketch("OnFailure").container("main", .exit(0)).sidecar("a").sidecar("b").facts()
        let plan = Plan(
            for: pod, in: .ordinary { $0.budget = RestartBudget(backoffLimit: 2, of: pod, among: []) })
        #expect(plan.images == ["a": "exit0:latest"])
        #expect(plan.calls == [.hold(phase: "Succeeded")])
    }

    @Test func `a hold is renewed in silence`() {
        let pod = Self.ended.sidecar(command: ["/opt/x"]).progress("sidecar=hold@1590/0")
            .with { $0.metadata.labels[WellKnownNames.Label.held] = "true" }.facts()
        let plan = Plan(for: pod, in: .ordinary())
        #expect(plan.calls == [.hold(phase: "Succeeded")])
        #expect(plan.announcements.isEmpty)
        #expect(!plan.changesPod(pod))
        #expect(plan.recheck == 5, "half of how long it has lasted")
    }

    /// What the kubelet sees change together with a phase that it has taken back makes that its last word.
    @Test func `nothing is noted on a held pod whose phase was taken back`() {
        let pod = Self.ended.sidecar("a", command: ["/opt/x"]).sidecar("b", command: ["/opt/x"])
            .progress("a=hold@1590/0,deadline@1595/0;b=image@1560/0?")
            .with { $0.metadata.labels[WellKnownNames.Label.held] = "true" }.facts()
        let plan = Plan(for: pod, in: .ordinary())
        #expect(plan.calls == [.hold(phase: "Succeeded")] && plan.announcements.isEmpty)
        #expect(!plan.changesPod(pod))
    }

    @Test func `a held pod carries a label until it is closed`() {
        let held = Self.ended.sidecar(command: ["/opt/x"])
        #expect(Plan(for: held.facts(), in: .ordinary()).heldLabel == true)
        let unlabelled = held.progress("sidecar=hold@1590/0").facts()
        #expect(Plan(for: unlabelled, in: .ordinary()).heldLabel == true)
        #expect(Plan(for: unlabelled, in: .ordinary()).changesPod(unlabelled))
        let closed = Self.ended.sidecar("sidecar", .exit(0)).progress("sidecar=hold@1590/0").with {
            $0.metadata.labels[WellKnownNames.Label.held] = "true"
            $0.status.phase = "Succeeded"
        }
        #expect(Plan(for: closed.facts(), in: .ordinary()).heldLabel == false)
        #expect(Plan(for: closed.facts(), in: .ordinary()).conclusion == .succeeded)
        #expect(Plan(for: Self.ended.sidecar().facts(), in: .ordinary()).heldLabel == nil)
    }

    /// What follows is the kubelet's own: it ends a pod that has changed and that has ended by its phase, which stays.
    @Test func `a deadline is set where a change alone has not ended a counted pod`() {
        let pod = LadderTests.counted.sidecar()
        let first = Plan(for: pod.progress("sidecar=hold@1500/0").facts(), in: .ordinary())
        #expect(first.progress.attempt(.deadline, of: "sidecar")?.time == 1600 && !first.setsDeadline)
        let second = Plan(for: pod.progress("sidecar=hold@1500/0,deadline@1520/0").facts(), in: .ordinary())
        #expect(second.setsDeadline && second.announcements.isEmpty && second.recheck == 65)
    }

    @Test func `a failed main is held as failed`() {
        let pod = PodSketch().container("main", .exit(9)).sidecar(command: ["/opt/x"])
            .with { $0.spec.shareProcessNamespace = true }.facts()
        #expect(Plan(for: pod, in: .ordinary()).calls == [.hold(phase: "Failed")])
    }

    @Test func `what is tried first is told where nobody tries it`() {
        let plan = Plan(for: Self.alone.sidecar().facts(), in: .ordinary { $0.remembered = [:] })
        #expect(plan.images.isEmpty && plan.announcements.isEmpty)
        #expect(plan.swapsOnTrial == [.terminating(container: "sidecar", .image)])
    }

    @Test func `Kruise is asked once for all containers`() {
        let pod = Self.alone.sidecar("a").sidecar("b").facts()
        let plan = Plan(
            for: pod,
            in: .ordinary {
                $0.exitImage = nil
                $0.isKruiseServed = true
            })
        #expect(plan.calls == [.recreate(containers: ["a", "b"])])
    }

    @Test func `the node agent gets the container's id`() {
        let pod = Self.alone.sidecar("a").facts()
        let plan = Plan(
            for: pod,
            in: .ordinary {
                $0.exitImage = nil
                $0.hasNodeAgents = true
            })
        #expect(plan.cues == ["a": "containerd://a"])
    }

    @Test func `the end is told once`() {
        let done = Self.ended.sidecar("a", .exit(0)).progress("a=image@1590/0")
        let plan = Plan(for: done.facts(), in: .ordinary())
        #expect(plan.conclusion == .succeeded)
        #expect(plan.announcements == [.terminated(.succeeded)])
        var condition = PodCondition()
        condition.type = WellKnownNames.Condition.sidecarTerminated
        condition.status = "True"
        let concluded = done.with { $0.status.conditions = [condition] }
        #expect(Plan(for: concluded.facts(), in: .ordinary()).announcements.isEmpty)
    }

    @Test(arguments: [
        ("Failed", ContainerState.exit(128, "StartError"), ["SidecarTerminated", "SidecarTerminationFailed"]),
        ("Failed", .exit(0), ["SidecarTerminated"]), ("Succeeded", .exit(137), ["SidecarTerminated"]),
    ])
    func `a sidecar that made the pod fail is named`(_ phase: String, _ end: ContainerState, _ reasons: [String]) {
        let pod = Self.ended.sidecar("a", end).progress("a=image@1590/0").with {
            $0.status.phase = phase
            $0.metadata.finalizers = []
        }
        let plan = Plan(for: pod.facts(), in: .ordinary())
        #expect(plan.announcements.map(\.reason) == reasons)
        #expect(plan.conclusion == .succeeded)
        if let last = plan.announcements.last, last.isWarning {
            #expect(
                last.message
                    == "The main containers succeeded, but the pod failed, because the sidecar a ended with 128 "
                    + "(StartError): the exit image does not have its command")
        }
    }

    @Test func `the end is told also where the pod has finished meanwhile`() {
        let done = Self.ended.sidecar("a", .exit(0)).progress("a=image@1590/0").with { $0.status.phase = "Succeeded" }
        let plan = Plan(for: done.facts(), in: .ordinary())
        #expect(plan.conclusion == .succeeded)
        #expect(!plan.isActive)
    }

    /// What came before main, and whether its owner is told.
    static let starts: [(String, PodSketch, Bool)] = [
        ("without a marker", PodSketch(phase: "Pending").container("main", .waiting("PodInitializing")), true),
        ("with one", PodSketch(phase: "Pending").container("main", .waiting("PodInitializing")).sidecar(), true),
        (
            "hands off",
            PodSketch().container("main", .unknown).annotated(WellKnownNames.Annotation.terminator, "disabled"), false
        ),
        (
            "the cluster's own", PodSketch().container("main", .unknown).with { $0.metadata.namespace = "kube-system" },
            false
        ),
        ("on its way out", PodSketch().container("main", .unknown).with { $0.metadata.isBeingDeleted = true }, false),
        ("main runs", PodSketch().container("main", .up), false),
        ("main is tried again", PodSketch().container("main", .waiting("CrashLoopBackOff"), restarts: 1), false),
    ]

    @Test(arguments: starts)
    func `a native sidecar that keeps main from starting is told of`(
        _ name: String, _ sketch: PodSketch, _ isTold: Bool
    ) {
        var sketch = sketch
        for index in sketch.pod.status.containerStatuses.indices.dropFirst() {
            sketch.pod.status.containerStatuses[index].state = .waiting("PodInitializing")
        }
        let plan = Plan(for: sketch.native("proxy", .waiting("ErrImagePull")).facts(), in: .ordinary())
        #expect(plan.announcements.map(\.reason) == (isTold ? ["SidecarNotStarting"] : []), "\(name)")
        #expect(!plan.isActive && plan.recheck == nil)
        guard isTold else { return }
        #expect(
            plan.announcements.first?.message
                == "The native sidecar proxy does not start (ErrImagePull), and the main containers start only after it: mend "
                + "it, or label the pod's template sidecar.k-pipe.cloud/convert=disabled if main can do without it")
    }

    /// What has the same reason, action and part of the pod becomes one Event, of which the first note stays.
    @Test func `each sidecar and rung has an Event of its own`() {
        let pod = Self.ended.sidecar("a").sidecar("b").facts()
        let announcements: [Announcement] = [
            .terminating(container: "a", .http), .terminating(container: "a", .image),
            .terminating(container: "b", .image), .refuted(container: "a", "x"), .refuted(container: "b", "x"),
            .failed(container: "a", []), .failed(container: "b", []), .terminated(.succeeded),
        ]
        let events = announcements.map { $0.event(about: pod) }
        let keys = events.map { "\($0.reason) \($0.action) \($0.regarding.fieldPath)" }
        #expect(Set(keys).count == keys.count)
        #expect(keys[1] == "SidecarTerminating Image spec.containers{a}")
    }

    @Test func `sidecars that ended by themselves are nothing to speak of`() {
        let plan = Plan(for: Self.ended.sidecar("a", .exit(1)).facts(), in: .ordinary())
        #expect(plan.conclusion == nil && plan.announcements.isEmpty && plan.recheck == nil)
    }

    @Test func `a pod in which all are marked is told so`() {
        let plan = Plan(for: PodSketch().sidecar("a").sidecar("b").facts(), in: .ordinary())
        #expect(plan.announcements.map(\.reason) == ["SidecarTerminationFailed"])
        #expect(plan.announcements.map(\.isWarning) == [true])
        #expect(!plan.isActive)
    }
}

/// Numbers that a pod, its Job or a configuration may hold, and no one means.
@Suite struct ExtremeNumbersTests {
    static let times: [Int64] = [0, 1, .max - 901, .max - 1, .max]

    @Test(arguments: [Int64.min, -1, 0, 900, .max - 300, .max], times)
    func `any grace and any time end in a plan`(_ grace: Int64, _ time: Int64) {
        for rung in Rung.allCases {
            let sketch = PodSketch("OnFailure").container("main", .exit(0)).sidecar("sidecar", .up, restarts: .max)
                .with { $0.spec.terminationGracePeriodSeconds = grace }
                .progress("sidecar=\(rung.rawValue)@\(time)/\(Int32.max)")
            for now in [Int64(0), 1600, 1_795_240_856] {
                let plan = Plan(for: sketch.facts(), in: .ordinary(now: now) { $0.isKruiseServed = true })
                #expect(plan.recheck.map { $0 > 0 } ?? true)
                _ = PlanRequests.patch(plan, sketch.facts())
            }
        }
    }

    @Test(arguments: [Int64.min, 0, .max - 299, .max])
    func `Kruise's request holds any grace`(_ grace: Int64) {
        var pod = PodSketch().container("main", .exit(0)).sidecar().facts()
        pod.grace = grace
        #expect(!PlanRequests.recreate(pod, containers: ["sidecar"]).body.isEmpty)
    }

    @Test(arguments: [Int64.min, -1, 0, .max - 1, .max])
    func `any patience`(_ seconds: Int64) {
        var patience = Patience()
        (patience.http, patience.image, patience.crr) = (seconds, seconds, seconds)
        (patience.node, patience.exec, patience.deadline) = (seconds, seconds, seconds)
        for rung in Rung.allCases {
            for grace in [Int64.min, 0, .max] {
                let sum = patience.seconds(for: rung, grace: grace)
                #expect(sum >= 0 && sum < 400 * 86_400)
            }
        }
    }

    @Test(arguments: [
        (Int64.max, "9999-12-31T23:59:59Z"), (.min, "0001-01-01T00:00:00Z"), (1_795_240_856, "2026-11-21T06:00:56Z"),
    ])
    func `any time can be written`(_ seconds: Int64, _ text: String) {
        #expect(KubeTimeText.seconds(seconds) == text)
    }

    @Test func `main's end is any number`() {
        for moment in [Int64.min, -1, 0, .max] {
            let sketch = PodSketch().container("main", .exit(0)).sidecar().with { pod in
                guard case .terminated(var end) = pod.status.containerStatuses[0].state else { return }
                end.finishedAt = moment
                pod.status.containerStatuses[0].state = .terminated(end)
            }.progress("sidecar=image@\(Int64.max)/0")
            let report = DiagnosisReport(pods: [PodDiagnosis(sketch.facts(), .ordinary())], isDetailed: true)
            #expect(!DiagnosisText.table(report, isWide: true, now: 1600).isEmpty)
            #expect(!DiagnosisText.document(report).text.isEmpty)
        }
    }
}

/// Main succeeded, and the pod failed all the same: said whenever it happens, with whose end did it and what to change.
@Suite struct SpoilerTests {
    @Test(arguments: [
        ("", ContainerState.exit(7), "(Error): it ended by itself; let it exit with 0"),
        ("a=http@1590/0", .exit(3), "that is what it made of being asked"),
        ("a=http@1580/0,crr@1590/0", .exit(143), "that is what it made of SIGTERM (crr); take exitsWithZero"),
        ("a=image@1590/0", .exit(128, "StartError"), "the exit image does not have its command"),
        ("a=image@1590/0", .exit(137), "or the kubelet was restarted before it had started that"),
        ("a=image@1590/0?", .exit(1), "it ended by itself"),
    ])
    func `a sidecar that spoilt its pod`(_ progress: String, _ end: ContainerState, _ advice: String) throws {
        // Once its Job has counted it.
        let sketch = PodSketch(phase: "Failed").container("main", .exit(0)).sidecar("a", end)
            .with { $0.metadata.finalizers = [] }
        let pod = (progress.isEmpty ? sketch : sketch.progress(progress)).facts()
        let told = Plan(for: pod, in: .ordinary()).announcements.filter(\.isWarning)
        #expect(told.map(\.reason) == ["SidecarTerminationFailed"])
        let message = try #require(told.first?.message)
        #expect(
            message.hasPrefix("The main containers succeeded, but the pod failed, because the sidecar a ended with "))
        #expect(message.contains(advice), "\(message)")
    }

    /// What we did is not to fail it, as long as its Job has not counted it: its phase is held until then.
    @Test(arguments: [
        ("a=image@1590/0", 137, "Failed", true), ("a=image@1590/0!", 128, "Failed", true),
        ("a=http@1590/0", 3, "Failed", true), ("a=http@1580/0,node@1590/0", 143, "Running", true),
        ("a=image@1590/0,hold@1591/0", 137, "Failed", true), ("a=image@1590/0", 0, "Failed", false),
        ("", 7, "Failed", false), ("a=image@1590/0?", 7, "Failed", false), ("a=http@1590/0!", 7, "Failed", false),
        ("a=image@1590/0,hold@1591/0!", 137, "Failed", false),
        ("a=image@1590/0,hold@1591/0,deadline@1591/0", 137, "Failed", false),
    ])
    func `a pod that we have spoilt is held`(_ progress: String, _ code: Int32, _ phase: String, _ isHeld: Bool) {
        let sketch = PodSketch(phase: phase).container("main", .exit(0)).sidecar("a", .exit(code))
            .progress(progress)
        let pod = sketch.facts()
        let plan = Plan(for: pod, in: .ordinary())
        #expect(plan.calls == (isHeld ? [.hold(phase: "Succeeded")] : []))
        #expect(!isHeld || plan.conclusion == nil && plan.progress.holds && plan.heldLabel == true && pod.isUntold)
        #expect(!isHeld || !plan.announcements.contains(where: \.isWarning))
    }

    @Test(arguments: [
        PodSketch(phase: "Failed").container("main", .exit(1)).sidecar("a", .exit(7)),
        PodSketch(phase: "Succeeded").container("main", .exit(0)).sidecar("a", .exit(7)),
        PodSketch(phase: "Failed").container("main", .exit(0)).sidecar("a", .exit(0)),
        PodSketch(phase: "Failed").container("main", .exit(0)).sidecar("a", .exit(7)).progress("a=hold@1590/0"),
    ])
    func `nothing was spoilt by a sidecar`(_ sketch: PodSketch) {
        let told = Plan(for: sketch.facts(), in: .ordinary()).announcements
        #expect(!told.contains { if case .failedBySidecar = $0 { true } else { false } })
    }
}
