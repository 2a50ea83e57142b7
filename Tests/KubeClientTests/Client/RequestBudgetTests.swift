import Basics
import KubeTestSupport
import TestSupport
import Testing

@testable import KubeClient

@Suite(.timeLimit(.minutes(20))) struct RequestBudgetTests {
    /// What happens at which millisecond, and which requests go then. Requests are named by their flow and a number; a
    /// question mark stands behind those that yield.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var limit = 100
        /// Requests a second, and at once.
        var rate: (perSecond: Int, burst: Int)?
        var steps: [(at: Int, input: String, goes: String)]
    }

    static let cases = [
        Case(
            testDescription: "what may go goes at once",
            steps: [(0, "a1", "a1"), (0, "a2", "a2"), (0, "b1?", "b1?")]),
        Case(
            testDescription: "no more at once than the limit, and each that ends lets one go", limit: 2,
            steps: [(0, "a1", "a1"), (0, "a2", "a2"), (0, "a3", ""), (5, "end", "a3"), (6, "end", "")]),
        Case(
            testDescription: "another namespace waits for one of each at most", limit: 1,
            steps: [
                (0, "a1", "a1"), (0, "a2", ""), (0, "a3", ""), (0, "b1", ""), (0, "c1", ""), (1, "end", "a2"),
                (2, "end", "b1"), (3, "end", "c1"), (4, "end", "a3"),
            ]),
        Case(
            testDescription: "beyond the burst as fast as the rate", rate: (100, 2),
            steps: [
                (0, "a1", "a1"), (0, "a2", "a2"), (0, "a3", ""), (9, "tick", ""), (10, "tick", "a3"), (10, "a4", ""),
                (20, "tick", "a4"), (40, "a5", "a5"), (40, "a6", "a6"), (40, "a7", ""),
            ]),
        Case(
            testDescription: "what yields goes when nothing else waits", limit: 1,
            steps: [
                (0, "a1", "a1"), (0, "a2?", ""), (0, "a3", ""), (0, "b1", ""), (1, "end", "a3"), (2, "end", "b1"),
                (3, "end", "a2?"),
            ]),
        Case(
            testDescription: "what yields gets an eighth", limit: 1,
            steps: [(0, "a0", "a0"), (0, "z1?", "")] + (1...9).map { (0, "a\($0)", "") }
                + [1, 2, 3, 4, 5, 6].map { ($0, "end", "a\($0)") } + [(8, "end", "z1?"), (9, "end", "a7")]),
        Case(
            testDescription: "who does not want to any more is passed over", limit: 1,
            steps: [
                (0, "a1", "a1"), (0, "a2", ""), (0, "b1", ""), (1, "not a2", ""), (2, "end", "b1"), (3, "end", ""),
            ]),
    ]

    @Test(arguments: cases) func `decides who goes`(_ one: Case) {
        var budget = RequestBudget(
            limit: one.limit,
            bucket: one.rate.map { TokenBucket(burst: $0.burst, interval: .seconds(1) / $0.perSecond) })
        var names: [String] = []
        for step in one.steps {
            let now = Duration.milliseconds(step.at)
            let input: RequestBudget.Input =
                switch step.input {
                case "end": .finished
                case "tick": .tick
                case let word where word.hasPrefix("not "):
                    .withdraw(UInt64(names.firstIndex(of: String(word.dropFirst(4))) ?? -1))
                case let name:
                    .ask(UInt64(names.count), flow: String(name.prefix(1)), yields: name.hasSuffix("?"))
                }
            if case .ask = input { names.append(step.input) }
            let gone = budget.handle(input, at: now).map { names[Int($0)] }
            #expect(gone.joined(separator: " ") == step.goes, "\(step)")
        }
    }

    @Test func `says when the next may go`() {
        var budget = RequestBudget(limit: 2, bucket: TokenBucket(burst: 1, interval: .milliseconds(10)))
        #expect(budget.handle(.ask(1, flow: "a", yields: false), at: .zero) == [1])
        #expect(budget.nextWake(at: .zero) == nil, "nobody waits")
        #expect(budget.handle(.ask(2, flow: "a", yields: false), at: .zero) == [])
        #expect(budget.nextWake(at: .milliseconds(4)) == .milliseconds(10))
        #expect(budget.handle(.tick, at: .milliseconds(10)) == [2])
        _ = budget.handle(.ask(3, flow: "a", yields: false), at: .milliseconds(10))
        #expect(budget.nextWake(at: .milliseconds(10)) == nil, "not the rate keeps it, but the limit")
    }

    /// A tenant that asks for 5,000 things delays another's by one of its own.
    @Test func `a crowd of one namespace does not keep another waiting`() {
        var budget = RequestBudget(limit: 512, bucket: TokenBucket(burst: 100, interval: .milliseconds(10)))
        for ticket in 0..<5000 { _ = budget.handle(.ask(UInt64(ticket), flow: "crowd", yields: false), at: .zero) }
        _ = budget.handle(.ask(9999, flow: "alone", yields: false), at: .zero)
        var now = Duration.zero
        var gone: [UInt64] = []
        while !gone.contains(9999), now < .seconds(60) {
            now += .milliseconds(1)
            gone += budget.handle(.tick, at: now)
        }
        #expect(now <= .milliseconds(20))
    }

    @Test func `requests that wait go in turn, and who is cancelled leaves`() async {
        let clock = VirtualClock()
        let gate = BudgetGate(
            RequestBudget(limit: 10, bucket: TokenBucket(burst: 1, interval: .seconds(1))), time: Timepiece(clock))
        let gone = Shared<[String]>([])
        #expect(await gate.pass(flow: "a", yields: false))
        var waiting: [Task<Void, Never>] = []
        for name in ["a1", "a2", "a3", "b1"] {
            waiting.append(
                Task {
                    let may = await gate.pass(flow: String(name.prefix(1)), yields: false)
                    gone.change { $0.append(may ? name : "not \(name)") }
                })
            // So that they come in this order.
            while gate.waiters < waiting.count { await Task.yield() }
        }
        waiting[1].cancel()
        await waiting[1].value
        for count in 2...4 {
            await clock.sleepers(1)
            clock.advance(by: .seconds(1))
            try? await eventually("one more") { gone.value.count == count }
        }
        #expect(gone.value == ["not a2", "a1", "b1", "a3"])
    }
}
