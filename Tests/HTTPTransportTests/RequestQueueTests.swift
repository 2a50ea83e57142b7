import Testing

@testable import HTTPTransport

@Suite struct RequestQueueTests {
    /// Starts all that may start.
    static func drain(_ queue: inout RequestQueue) -> [UInt64] {
        var started: [UInt64] = []
        while let next = queue.next() { started.append(next.id) }
        return started
    }

    @Test func originsTakeTurnsWithinTheLimits() {
        var queue = RequestQueue(limit: 4, limitPerOrigin: 3)
        for id in 1...5 { queue.enqueue(UInt64(id), origin: "a") }
        for id in 11...13 { queue.enqueue(UInt64(id), origin: "b") }
        #expect(Self.drain(&queue) == [1, 11, 2, 12])
        queue.finished(origin: "b")
        #expect(Self.drain(&queue) == [3])
        queue.finished(origin: "b")
        // "a" is at its own limit.
        #expect(Self.drain(&queue) == [13])
        queue.finished(origin: "a")
        queue.finished(origin: "a")
        #expect(Self.drain(&queue) == [4, 5])
        #expect(Self.drain(&queue) == [])
    }

    @Test func aHeldOriginStartsNothingUntilItsRelease() {
        var queue = RequestQueue(limit: 10, limitPerOrigin: 10)
        for id in 1...3 { queue.enqueue(UInt64(id), origin: "a") }
        #expect(queue.next()?.id == 1)
        queue.hold(origin: "a")
        queue.enqueue(11, origin: "b")
        #expect(Self.drain(&queue) == [11])
        queue.release(origin: "a")
        #expect(Self.drain(&queue) == [2, 3])
    }

    @Test func anOriginThatIsDoneIsForgottenAndComesBack() {
        var queue = RequestQueue(limit: 1, limitPerOrigin: 1)
        for id in 1...1000 {
            queue.enqueue(UInt64(id), origin: "\(id % 3)")
            #expect(Self.drain(&queue) == [UInt64(id)])
            queue.finished(origin: "\(id % 3)")
        }
    }

    @Test func orderHoldsOverManyWaiting() {
        var queue = RequestQueue(limit: 1, limitPerOrigin: 1)
        for id in 1...500 { queue.enqueue(UInt64(id), origin: "a") }
        var order: [UInt64] = []
        while let next = queue.next() {
            order.append(next.id)
            queue.finished(origin: "a")
        }
        #expect(order == Array(1...500))
    }

    @Test func limitsBelowOneAreOne() {
        var queue = RequestQueue(limit: 0, limitPerOrigin: -1)
        queue.enqueue(1, origin: "a")
        #expect(queue.next()?.id == 1)
    }

    @Test func priorKnowledgeLastsAsLongAsTheVersion() {
        var known = PriorKnowledge()
        #expect(!known.isOpen("a"))
        known.connected("a")
        known.ended("a", version: "2")
        #expect(known.isOpen("a") && !known.isOpen("b"))
        known.ended("a", version: "1.1")
        #expect(!known.isOpen("a"))
        known.connected("a")
        known.ended("a", version: nil)
        #expect(!known.isOpen("a"))
    }
}
