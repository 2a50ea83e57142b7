import Testing

@testable import Transfer

@Suite struct SlotQueueTests {
    private static func claim(_ lane: String = "s3://a", bytes: Int = 0, weight: Int = 1) -> SlotQueue.Claim {
        SlotQueue.Claim(lane: lane, bytes: bytes, weight: weight)
    }

    @Test(arguments: [
        ("s3://bucket/a/b", "s3://bucket"), ("https://h:8443/x?y", "https://h:8443"), ("https://h?y", "https://h"),
        ("s3://bucket", "s3://bucket"), ("/a/b", ""), ("a://", "a://"),
    ])
    func `each server has a lane of its own`(object: String, lane: String) {
        #expect(SlotQueue.lane(of: object) == lane)
    }

    @Test func `the memory budget holds, and what is larger than it runs alone`() {
        var slots = SlotQueue(memory: 10, maximumConcurrency: 64)
        #expect(slots.handle(.wants(1, Self.claim(bytes: 6))) == [.grant(1)])
        #expect(slots.handle(.wants(2, Self.claim(bytes: 6))) == [])
        #expect(slots.handle(.wants(3, Self.claim("s3://b", bytes: 50))) == [])
        #expect(slots.handle(.finished(Self.claim(bytes: 6), latency: nil)) == [.grant(2)])
        #expect(slots.handle(.finished(Self.claim(bytes: 6), latency: nil)) == [.grant(3)])
        #expect(slots.handle(.wants(4, Self.claim(bytes: 1))) == [])
        #expect(slots.handle(.withdrawn(4, lane: "s3://a")) == [])
        #expect(slots.handle(.finished(Self.claim("s3://b", bytes: 50), latency: nil)) == [])
    }

    @Test func `throttling freezes one server, halves its limit once a storm, and thaws when told`() {
        var slots = SlotQueue(memory: 100, maximumConcurrency: 8)
        for ticket in 1...8 { #expect(slots.handle(.wants(UInt64(ticket), Self.claim())) == [.grant(UInt64(ticket))]) }
        #expect(slots.handle(.throttled(lane: "s3://a", until: .seconds(2))) == [.wake(at: .seconds(2))])
        #expect(slots.handle(.throttled(lane: "s3://a", until: .seconds(1))) == [])
        #expect(slots.handle(.throttled(lane: "s3://a", until: .seconds(3))) == [.wake(at: .seconds(3))])
        #expect(slots.limit(of: "s3://a") == 4)
        for _ in 0..<8 { #expect(slots.handle(.finished(Self.claim(), latency: nil)) == []) }
        for ticket in 9...13 { #expect(slots.handle(.wants(UInt64(ticket), Self.claim())) == []) }
        #expect(slots.handle(.wants(20, Self.claim("https://other"))) == [.grant(20)])
        #expect(slots.handle(.woke(now: .seconds(2))) == [])
        #expect(slots.handle(.woke(now: .seconds(3))) == [.grant(9), .grant(10), .grant(11), .grant(12)])
    }

    @Test func `servers take turns where all together are limited`() {
        var slots = SlotQueue(memory: 100, maximumConcurrency: 1)
        #expect(slots.handle(.wants(1, Self.claim("s3://a"))) == [.grant(1)])
        for ticket in 2...3 { #expect(slots.handle(.wants(UInt64(ticket), Self.claim("s3://a"))) == []) }
        #expect(slots.handle(.wants(4, Self.claim("s3://b"))) == [])
        let first = slots.handle(.finished(Self.claim("s3://a"), latency: nil))
        #expect(first == [.grant(4)])
        #expect(slots.handle(.finished(Self.claim("s3://b"), latency: nil)) == [.grant(2)])
    }

    @Test func `what is large takes more of the limit`() {
        var slots = SlotQueue(memory: 100, maximumConcurrency: 256)
        let granted = (0..<64).reduce(0) { sum, ticket in
            sum + slots.handle(.wants(UInt64(ticket), Self.claim(weight: 4))).count
        }
        #expect(granted == 16)
    }

    @Test(arguments: [("s3://a", 64), ("https://h", 32), ("", 8)])
    func `how much a server is asked for at first depends on what it is`(lane: String, granted: Int) {
        var slots = SlotQueue(memory: 100, maximumConcurrency: 256)
        let effects = (0..<300).flatMap { slots.handle(.wants(UInt64($0), Self.claim(lane))) }
        #expect(effects.count == granted)
    }

    // MARK: - In virtual time

    /// Nothing complains: Little's law asks for all of them at once, and the limit doubles with each round trip.
    @Test(arguments: [(1_000, 100, 8.5), (1_000, 20, 8.5), (5_000, 100, 24), (64, 100, 2.1), (20, 20, 2.1)])
    func `a far server is asked for much at once`(requests: Int, milliseconds: Int, mostRoundTrips: Double) {
        let server = GateSimulation.Server(roundTrip: .milliseconds(milliseconds))
        let outcome = GateSimulation.run(requests, server)
        #expect(outcome.roundTrips(of: server) <= mostRoundTrips)
        #expect(outcome.mostAtOnce <= 256)
    }

    /// Four workers cannot do more, however many wait for them.
    @Test(arguments: [0.2, 5, 20])
    func `a busy server is kept busy, and no more`(milliseconds: Double) {
        let server = GateSimulation.Server(
            roundTrip: .milliseconds(milliseconds), service: .milliseconds(4), workers: 4)
        let outcome = GateSimulation.run(4_000, server)
        #expect(outcome.elapsed < .seconds(4.2))
        #expect(outcome.limit < 100)
    }

    @Test func `a server that refuses more is asked for less`() {
        let server = GateSimulation.Server(roundTrip: .milliseconds(20), service: .milliseconds(20), refusesBeyond: 40)
        let outcome = GateSimulation.run(4_000, server)
        #expect(outcome.limit <= 48)
        #expect(outcome.refused < 400)
        // A hundred at best, each for 40 ms.
        #expect(outcome.elapsed < .seconds(16))
    }

    @Test func `a way that gets longer is no queue for ever`() {
        var limit = AdaptiveLimit(initial: 64, maximum: 256)
        func rounds(_ count: Int, _ latency: Duration) {
            for _ in 0..<count { for _ in 0..<limit.limit { limit.finished(after: latency, saturated: true) } }
        }
        rounds(4, .milliseconds(10))
        #expect(limit.limit == 256)
        rounds(1, .milliseconds(100))
        rounds(30, .milliseconds(100))
        #expect(limit.limit >= AdaptiveLimit.floor)
        rounds(60, .milliseconds(100))
        #expect(limit.limit == 256)
        limit.throttled()
        #expect(limit.limit == 128)
    }
}
