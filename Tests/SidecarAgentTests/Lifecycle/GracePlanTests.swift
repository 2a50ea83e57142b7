import Basics
import HTTPTransport
import KubeClient
import Testing

@testable import SidecarAgent

@Suite struct GracePlanTests {
    @Test(arguments: [0, 1, 2, 3, 5, 30, 110, 3600])
    func keepsItsOrder(seconds: Int) {
        let grace = Duration.seconds(seconds)
        let plan = GracePlan(grace: grace)
        let moments = [.zero, plan.statusLatest, plan.storeLatest, plan.deadline, plan.lastCall, plan.exit, grace]
        #expect(moments == moments.sorted())
        #expect(plan.statusLatest <= .seconds(5))
    }

    /// Milliseconds of grace, and the moments that follow from it.
    @Test(arguments: [
        (2_000, 250, 500, 750, 1_750), (3_000, 583, 1_167, 1_750, 2_750), (30_000, 5_000, 15_000, 25_500, 28_500),
        (110_000, 5_000, 55_000, 102_500, 107_500), (-5_000, 0, 0, 0, 0),
    ])
    func table(grace: Int, status: Int, store: Int, deadline: Int, exit: Int) {
        let plan = GracePlan(grace: .milliseconds(grace))
        let moments = [plan.statusLatest, plan.storeLatest, plan.deadline, plan.exit]
        #expect(moments.map { Int(($0 / .milliseconds(1)).rounded()) } == [status, store, deadline, exit])
    }

    @Test("the last report has a second, whatever the outputs take", arguments: [2, 3, 5, 10, 30, 110])
    func reserve(seconds: Int) {
        let plan = GracePlan(grace: .seconds(seconds))
        #expect(plan.exit - plan.deadline >= .seconds(1))
        #expect(plan.lastCall - plan.deadline > .milliseconds(500) && plan.exit - plan.lastCall >= .milliseconds(400))
    }

    /// Seconds: configured, left of the pod's, and the grace to plan with. Main may have used up all of it.
    @Test(arguments: [
        (30, 12, 12), (30, 60, 30), (30, 2, 2), (30, 1, 2), (30, 0, 2), (30, -9, 2), (1, 0, 1), (0, 9, 0),
    ])
    func `what the kubelet gives in any case is used`(configured: Int, left: Int, grace: Int) {
        #expect(GracePlan.grace(.seconds(configured), left: .seconds(left)) == .seconds(grace))
    }

    /// Milliseconds by which the node's clock is ahead of the API server's, and what is left by that one.
    @Test(arguments: [(0, 2_000), (400, 1_600), (-400, 2_000), (90_000, 1_001), (-90_000, 2_000)])
    func `a clock that is wrong takes no grace away`(ahead: Int, left: Int) {
        let pod = Array(#"{"metadata":{"deletionTimestamp":"2026-11-21T03:45:02Z"}}"#.utf8)
        let answer = APIResponse(status: 200, headers: ["Date": "Sat, 21 Nov 2026 03:45:00 GMT"], body: pod)
        let here = UnixTime(milliseconds: 1_795_232_700_000 + Int64(ahead))
        #expect(OwnPod.timeLeft(of: pod, at: OwnPod.time(of: answer, here: here)) == .milliseconds(left))
        let silent = APIResponse(status: 200, body: pod)
        #expect(OwnPod.time(of: silent, here: here) == here)
    }

    @Test(
        "what is left of the grace is the pod's to say",
        arguments: [
            (#"{"metadata":{"deletionTimestamp":"2026-11-21T03:45:02Z","deletionGracePeriodSeconds":30}}"#, 2_000),
            (#"{"metadata":{"deletionTimestamp":"2026-11-21T03:44:00Z"}}"#, 0),
            (#"{"metadata":{"name":"x"}}"#, nil), (#"{"metadata":{"deletionTimestamp":"soon"}}"#, nil), ("<html>", nil),
        ] as [(String, Int?)])
    func timeLeft(pod: String, milliseconds: Int?) {
        let now = UnixTime(milliseconds: 1_795_232_700_000)
        #expect(OwnPod.timeLeft(of: Array(pod.utf8), at: now) == milliseconds.map { .milliseconds($0) })
    }
}
