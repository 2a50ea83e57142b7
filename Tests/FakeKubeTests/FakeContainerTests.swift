import Testing

@testable import FakeKube

/// What the simulated node makes of a container, where the matrix of Jobs does not reach.
@Suite struct FakeContainerTests {
    /// As on a real node: what runs is stopped with its grace, and then the new image starts.
    @Test func `a swapped container runs its old program until that has ended`() {
        var container = FakeContainer("sidecar", image: "old", at: 0)
        container.program = FakeProgram(.init(0, after: 9), .init(3, after: 1))
        (container.state, container.runs) = (.running(since: 0), 2)
        container.swap(to: "new", grace: 5, at: 0.2)
        container.live(until: 0.5)
        #expect(container.isRunning && container.runs == 2)
        container.live(until: 1.5)
        #expect(container.termination?.code == 3)
        container.restart("Never", at: 1.5)
        #expect(container.runs == 0 && container.image == "new")
        guard case .waiting = container.state else {
            Issue.record("\(container.state)")
            return
        }
    }
}
