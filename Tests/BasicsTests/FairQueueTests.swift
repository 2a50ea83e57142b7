import TestSupport
import Testing

@testable import Basics

@Suite struct FairQueueTests {
    @Test(arguments: [
        // What came, each with its flow as the first letter, and the order in which it is handed out.
        ("a1 a2 a3", "a1 a2 a3"),
        ("a1 a2 a3 b1", "a1 b1 a2 a3"),
        ("a1 a2 b1 b2 c1", "a1 b1 c1 a2 b2"),
        ("c1 b1 a1", "c1 b1 a1"),
    ])
    func `flows take turns`(_ came: String, _ expected: String) {
        var queue = FairQueue<Character, Substring>()
        for element in came.split(separator: " ") { queue.append(element, to: element.first ?? " ") }
        var order: [Substring] = []
        while let next = queue.popFirst() { order.append(next) }
        #expect(order.joined(separator: " ") == expected)
        #expect(queue.isEmpty)
    }

    @Test func `a flow that comes back is behind those that wait`() {
        var queue = FairQueue<String, Int>()
        for number in 0..<1000 { queue.append(number, to: "many") }
        #expect(queue.popFirst() == 0)
        queue.append(-1, to: "one")
        #expect([queue.popFirst(), queue.popFirst(), queue.popFirst()] == [1, -1, 2])
        queue.append(-2, to: "one")
        #expect([queue.popFirst(), queue.popFirst()] == [3, -2])
        #expect(queue.count == 996)
    }
}
