import HTTPTransport
import KubeClient
import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct PlanRequestsTests {
    static let pod = PodSketch().container("main", .exit(0)).sidecar("b").sidecar("a").facts()
    static let head = #""uid":"a6b73055-19c3-44db-b7ef-6e433c894ecf""#

    static func text(_ request: APIRequest?) -> String { String(decoding: request?.body ?? [], as: UTF8.self) }

    @Test func `swaps and their memory are one patch that a faster hand refuses`() throws {
        let plan = Plan(for: Self.pod, in: .ordinary())
        let request = try #require(PlanRequests.patch(plan, Self.pod))
        #expect(request.method == "PATCH")
        #expect(request.path == "/api/v1/namespaces/team/pods/step-x7")
        #expect(request.headers["Content-Type"] == "application/strategic-merge-patch+json")
        #expect(
            Self.text(request) == #"{"metadata":{\#(Self.head),"resourceVersion":"17","#
                + #""annotations":{"sidecar.k-pipe.cloud/terminating":"a=image@1600/0;b=image@1600/0"}},"#
                + #""spec":{"containers":[{"name":"b","image":"exit0:latest"},{"name":"a","image":"exit0:latest"}]}}"#,
            "in the pod's order, because a strategic merge takes over the patch's")
    }

    @Test func `the node agent is given a cue`() {
        var plan = Plan(verdict: .done(.succeeded))
        plan.cues = ["a": "containerd://1", "b": "containerd://2"]
        plan.progress.record(.init(.node, at: 5), of: "a")
        #expect(Self.text(PlanRequests.patch(plan, Self.pod)).contains(#""a=containerd://1,b=containerd://2""#))
    }

    @Test func `cues that are being followed stay`() {
        let text = "a=containerd://old,b=containerd://b,gone=containerd://gone"
        let pod = PodSketch().container("main", .exit(0)).sidecar("b").sidecar("a")
            .annotated(WellKnownNames.Annotation.stopCue, text).facts()
        var plan = Plan(verdict: .done(.succeeded))
        plan.cues = ["a": "containerd://a"]
        plan.progress.record(.init(.node, at: 5), of: "a")
        #expect(Self.text(PlanRequests.patch(plan, pod)).contains(#""a=containerd://a,b=containerd://b""#))
    }

    @Test func `a deadline is part of the pod's patch`() {
        var plan = Plan(verdict: .done(.succeeded))
        plan.setsDeadline = true
        #expect(Self.text(PlanRequests.patch(plan, Self.pod)).contains(#""spec":{"activeDeadlineSeconds":1}"#))
    }

    @Test(arguments: [(true, #""true""#), (false, "null")])
    func `the label of a held pod comes with the patch, and goes`(_ isHeld: Bool, _ value: String) {
        var plan = Plan(verdict: .done(.succeeded))
        plan.heldLabel = isHeld
        #expect(
            Self.text(PlanRequests.patch(plan, Self.pod)).contains(#""labels":{"sidecar.k-pipe.cloud/held":\#(value)}"#)
        )
    }

    @Test func `a plan without a change of the pod has no patch`() {
        #expect(PlanRequests.patch(Plan(verdict: .wait(mains: ["main"])), Self.pod) == nil)
    }

    @Test func `a first hold and the memory of it are one patch, where main has succeeded`() throws {
        for (code, isOne) in [(Int32(0), true), (3, false)] {
            let pod = PodSketch().container("main", .exit(code)).sidecar(command: ["/opt/x"]).facts()
            let plan = Plan(for: pod, in: .ordinary())
            let request = try #require(PlanRequests.patch(plan, pod))
            #expect(request.path.hasSuffix("/status") == isOne)
            #expect(Self.text(request).contains(#""status":{"phase":"Succeeded"}"#) == isOne)
            #expect(Self.text(request).contains("sidecar=hold@1600/0"))
        }
    }

    @Test func `a phase is held whatever the kubelet said since, but of this pod alone`() {
        let request = PlanRequests.hold(Self.pod, phase: "Succeeded")
        #expect(request.path.hasSuffix("/pods/step-x7/status"))
        #expect(Self.text(request) == #"{"metadata":{\#(Self.head)},"status":{"phase":"Succeeded"}}"#)
    }

    @Test func `the condition names its time`() {
        let text = Self.text(
            PlanRequests.conclude(Self.pod, .failed, time: KubeTimeText.seconds(1_795_240_856)))
        #expect(text.contains(#""type":"SidecarTerminated","status":"True""#))
        #expect(text.contains(#""lastTransitionTime":"2026-11-21T06:00:56Z""#))
    }

    @Test func `Kruise's request is owned by the pod and named for it`() {
        let request = PlanRequests.recreate(Self.pod, containers: ["a", "b"])
        #expect(request.path == "/apis/apps.kruise.io/v1alpha1/namespaces/team/containerrecreaterequests")
        let text = Self.text(request)
        #expect(text.contains(#""name":"sidecar-termination-a6b73055-19c3-44db-b7ef-6e433c894ecf""#))
        #expect(text.contains(#""ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"step-x7",\#(Self.head)}]"#))
        #expect(text.contains(#""containers":[{"name":"a"},{"name":"b"}]"#))
    }
}
