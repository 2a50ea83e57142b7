import Testing

@testable import SidecarAgent

@Suite struct GracePlanTests {
    @Test(arguments: [0, 1, 5, 30, 110, 3600])
    func keepsItsOrder(seconds: Int) {
        let grace = Duration.seconds(seconds)
        let plan = GracePlan(grace: grace)
        let moments = [.zero, plan.statusLatest, plan.storeLatest, plan.deadline, plan.exit, grace]
        #expect(moments == moments.sorted())
        #expect(plan.statusLatest <= .seconds(5))
    }
}
