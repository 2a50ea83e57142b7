import KubeModel
import KubeTestSupport
import Synchronization
import TestSupport
import Testing

@testable import KubeClient
@testable import KubeRuntime

/// A day in which the server fails in every way while 10,000 objects change.
@Suite struct DayTests {
    static let objects = 10_000
    static let hours = 24

    @Test func `After a day of every fault the cache is what the server has, and nothing was new twice`() {
        let day = Day()
        let informer = day.informer(seed: 5)
        var random = SeededGenerator(seed: 11)
        for number in 0..<Self.objects { day.server.change(number, deletes: false) }
        day.server.compact()
        let task = Task(executorPreference: day.executor) { await informer.run() }
        day.run(until: .seconds(1))
        #expect(informer.hasSynced)

        var faults: [UnreliableServer.Fault] = []
        for halfHour in 0..<Self.hours * 2 {
            if faults.isEmpty { faults = UnreliableServer.Fault.allCases.shuffled(using: &random) }
            let fault = faults.removeLast()
            let start = Duration.seconds(halfHour * 1_800 + 60)
            day.run(until: start) { Self.change(day, &random) }
            day.server.suffer(fault)
            day.run(until: start + .seconds(30 + Int(random.next() % 300))) { Self.change(day, &random) }
            if fault == .expiredPage { day.server.compact() }
            day.run(until: start + .seconds(600)) { Self.change(day, &random) }
            day.server.recover()
            Self.settle(day, informer, by: .seconds(halfHour * 1_800 + 1_790), after: fault)
        }
        task.cancel()
        day.executor.drain()

        let (requests, relists) = day.server.world.withLock { ($0.requests, $0.relists) }
        #expect((20...120).contains(relists), "\(relists) times everything was read")
        #expect(day.told.withLock { $0.changes } > 20_000)
        let gaps = zip(requests.dropFirst(), requests).map { $0 - $1 }
        // Where the server refuses to stream, pages are asked for at once.
        #expect(gaps.count { $0 < .seconds(1) } <= 4 * 6)
        #expect(day.told.withLock { $0.synced } == 1)
    }

    private static func change(_ day: Day, _ random: inout SeededGenerator) {
        for _ in 0..<Int(random.next() % 12) {
            day.server.change(Int(random.next() % UInt64(objects)), deletes: random.next() % 8 == 0)
        }
    }

    /// Waits until the informer follows the server, and compares.
    private static func settle(
        _ day: Day, _ informer: Informer<Day.WorldRecord>, by limit: Duration, after fault: UnreliableServer.Fault
    ) {
        while day.clock.now.elapsed < limit, !day.server.isFollowed {
            day.run(until: day.clock.now.elapsed + .seconds(10))
        }
        #expect(day.server.isFollowed, "\(fault): not in step by \(limit)")
        day.run(until: limit)
        var expected: [ObjectUID: Day.WorldRecord] = [:]
        for object in day.server.world.withLock({ $0.objects.values }) {
            expected[ObjectUID(object.uid)] = .init(name: object.name, version: object.version)
        }
        var cached: [ObjectUID: Day.WorldRecord] = [:]
        informer.cache.visit { cached[$0] = $1 }
        #expect(cached == expected, "the cache after \(fault)")
        let (told, mistakes) = day.told.withLock { ($0.objects, $0.mistakes) }
        #expect(told == expected, "what was told after \(fault)")
        #expect(mistakes.isEmpty, "after \(fault)")
    }
}
