import Testing

@testable import KubeClient
@testable import KubeRuntime

/// Whatever happens between electors and server, never two believe to lead by their own clocks.
@Suite struct ElectionPropertyTests {
    @Test(arguments: [2, 3], 0..<15)
    func neverHasTwoLeaders(electors: Int, seed: UInt64) {
        var world = ElectionWorld(electors: electors, seed: seed)
        world.run(until: 1600)
        #expect(world.conflicts.isEmpty)
        #expect(world.terms > 3)
        // Once nothing goes wrong any more, somebody leads.
        #expect(world.leaders.count == 1)
    }

    /// The world is hostile enough to find what is wrong: candidates whose clocks run far too fast claim too early.
    @Test func noticesTwoLeaders() {
        let conflicts = (0..<10 as Range<UInt64>).map { seed in
            var world = ElectionWorld(electors: 3, seed: seed, clockSpread: 6)
            world.run(until: 1500)
            return world.conflicts.count
        }
        #expect(conflicts.contains { $0 > 0 })
    }
}
