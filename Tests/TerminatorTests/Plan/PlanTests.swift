import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct PlanTests {
    static let ended = PodSketch().container("main", .exit(0))

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
        #expect(plan.recheck == 1)
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

    @Test func `a failed main is held as failed`() {
        let pod = PodSketch().container("main", .exit(9)).sidecar(command: ["/opt/x"])
            .with { $0.spec.shareProcessNamespace = true }.facts()
        #expect(Plan(for: pod, in: .ordinary()).calls == [.hold(phase: "Failed")])
    }

    @Test func `Kruise is asked once for all containers`() {
        let pod = PodSketch().container("main", .exit(9)).sidecar("a").sidecar("b").facts()
        let plan = Plan(
            for: pod,
            in: .ordinary {
                $0.exitImage = nil
                $0.isKruiseServed = true
            })
        #expect(plan.calls == [.recreate(containers: ["a", "b"])])
    }

    @Test func `the node agent gets the container's id`() {
        let pod = PodSketch().container("main", .exit(9)).sidecar("a").facts()
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
        let pod = Self.ended.sidecar("a", end).progress("a=image@1590/0").with { $0.status.phase = phase }
        let plan = Plan(for: pod.facts(), in: .ordinary())
        #expect(plan.announcements.map(\.reason) == reasons)
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
