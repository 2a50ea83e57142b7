import KubeClient
import TestSupport
import Testing

@testable import KubeRuntime

@Suite struct WorkQueueStateTests {
    private var state = WorkQueueState<String>()
    private let second = Duration.seconds(1)

    @Test mutating func handsOutInTheOrderOfArrival() {
        for key in ["a", "b", "c"] { state.add(key, at: .zero) }
        #expect(drain(at: second) == ["a", "b", "c"])
    }

    /// A tenant with very many does not keep another waiting.
    @Test mutating func letsFlowsTakeTurns() {
        state = WorkQueueState(flow: { String($0.prefix(1)) })
        for key in ["a1", "a2", "a3", "b1", "a4", "c1"] { state.add(key, at: .zero) }
        #expect(drain(at: second) == ["a1", "b1", "c1", "a2", "a3", "a4"])
    }

    @Test mutating func withoutABucketAKeyWaitsForItsOwnFailuresAlone() {
        state = WorkQueueState(delays: RetryDelays(maximum: .seconds(60), bucket: nil))
        for number in 0..<5000 { state.addRateLimited("\(number)", at: .zero) }
        #expect(drain(at: .milliseconds(5)).count == 5000)
        for _ in 0..<30 { state.addRateLimited("a", at: .zero) }
        #expect(state.failures(of: "a") == 30)
        state.addRateLimited("a", at: second)
        #expect(state.nextDue == .milliseconds(5))
    }

    @Test mutating func worksOnceOnWhatIsAddedTwice() {
        for _ in 0..<3 { state.add("a", at: .zero) }
        #expect(state.depth == 1)
        #expect(state.statistics.adds == 1)
        #expect(drain(at: second) == ["a"])
        #expect(state.take(at: second) == nil)
    }

    @Test mutating func letsOneWorkerAtATimeHaveAKey() {
        state.add("a", at: .zero)
        #expect(state.take(at: .zero)?.key == "a")
        state.add("a", at: second)
        state.add("a", at: second)
        #expect(state.take(at: second) == nil)
        #expect(state.depth == 0)
        state.done("a", at: second * 2)
        #expect(state.take(at: second * 2)?.key == "a")
        state.done("a", at: second * 2)
        #expect(state.take(at: second * 2) == nil)
    }

    @Test mutating func forgetsNothingThatWasAddedWhileAnotherKeyWaited() {
        state.add("a", at: .zero)
        _ = state.take(at: .zero)
        state.add("b", at: .zero)
        state.add("a", at: .zero)
        state.done("a", at: .zero)
        #expect(drain(at: .zero) == ["b", "a"])
    }

    @Test mutating func ignoresTheEndOfWorkThatNobodyBegan() {
        #expect(state.done("a", at: second) == nil)
        state.add("a", at: second)
        #expect(state.done("a", at: second) == nil)
        #expect(state.depth == 1)
    }

    @Test(arguments: [
        // When and after how long each was asked for, in seconds, and when it comes.
        ([(at: 0, after: 5)], 5),
        ([(0, 5), (1, 2)], 3),
        ([(0, 2), (1, 9)], 2),
        ([(0, 9), (0, 4), (2, 4)], 4),
        ([(0, 0)], 0),
        ([(3, -1)], 3),
    ])
    mutating func letsTheEarliestMomentAskedForHold(_ asked: [(at: Int, after: Int)], _ expected: Int) {
        for (moment, delay) in asked { state.add("a", after: second * delay, at: second * moment) }
        if expected > 0, asked[0].after > 0 {
            #expect(state.nextDue == second * expected)
            #expect(state.take(at: second * expected - .nanoseconds(1)) == nil)
        }
        #expect(drain(at: second * expected) == ["a"])
        // The later moments are void: it comes once.
        #expect(drain(at: second * 100) == [])
    }

    @Test mutating func handsOutWhatIsDueInItsOrder() {
        for (key, delay) in [("c", 3), ("a", 1), ("e", 5), ("b", 2), ("d", 3)] {
            state.add(key, after: second * delay, at: .zero)
        }
        #expect(drain(at: second * 3) == ["a", "b", "c", "d"])
        #expect(state.nextDue == second * 5)
    }

    @Test mutating func isWorkedOnOnceWhenDueWhileItWaits() {
        state.add("a", after: second, at: .zero)
        state.add("a", at: .zero)
        #expect(drain(at: second * 2) == ["a"])
    }

    @Test mutating func doublesTheWaitWithEachFailure() {
        var now = Duration.zero
        var waits: [Duration] = []
        for _ in 0..<20 {
            state.addRateLimited("a", at: now)
            let due = state.nextDue ?? .zero
            waits.append(due - now)
            now = due
            #expect(state.take(at: now)?.key == "a")
            state.done("a", at: now)
        }
        #expect(waits.prefix(4) == [.milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(40)])
        #expect(waits[17] == .milliseconds(5 << 17))
        #expect(waits[18...].allSatisfy { $0 == .seconds(1000) })
        #expect(state.failures(of: "a") == 20)
        state.forget("a")
        state.addRateLimited("a", at: now)
        #expect(state.nextDue == now + .milliseconds(5))
    }

    @Test mutating func boundsTheRateOfFailuresOverAllKeys() {
        for number in 0..<150 { state.addRateLimited("\(number)", at: .zero) }
        #expect(drain(at: .milliseconds(5)).count == 100)
        #expect(drain(at: second).count == 10)
        #expect(drain(at: second * 5).count == 40)
    }

    @Test mutating func handsOutWhatWaitsAfterItWasShutDown() {
        state.add("a", at: .zero)
        state.add("b", at: .zero)
        state.add("later", after: second, at: .zero)
        #expect(state.take(at: .zero)?.key == "a")
        state.add("a", at: .zero)
        state.shutDown()
        state.add("c", at: .zero)
        state.add("d", after: second, at: .zero)
        #expect(!state.isDrained)
        #expect(state.take(at: .zero)?.key == "b")
        state.done("b", at: .zero)
        #expect(!state.isDrained)
        state.done("a", at: .zero)
        #expect(drain(at: second * 9) == ["a"])
        #expect(state.isDrained)
    }

    @Test mutating func measuresHowLongKeysWaitAndAreWorkedOn() {
        state.add("a", at: second)
        state.add("b", at: second * 2)
        #expect(state.take(at: second * 4)?.waited == second * 3)
        #expect(state.take(at: second * 5)?.waited == second * 3)
        let running = state.running(at: second * 7)
        #expect(running.unfinished == second * 5)
        #expect(running.longest == second * 3)
        #expect(state.done("a", at: second * 8) == second * 4)
        #expect(state.running(at: second * 8).longest == second * 3)
    }

    /// Against a model that is too slow to be wrong: random steps, and after each the same keys wait.
    @Test(arguments: 0..<20)
    mutating func agreesWithAModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var waiting: [Int] = []
        var again: Set<Int> = []
        var working: Set<Int> = []
        var later: [Int: Int] = [:]
        var state = WorkQueueState<Int>()
        func wants(_ key: Int) {
            if working.contains(key) { again.insert(key) } else if !waiting.contains(key) { waiting.append(key) }
        }
        for now in 0..<500 {
            let key = Int.random(in: 0..<8, using: &random)
            for due in later.filter({ $0.value <= now }).sorted(by: { $0.value < $1.value }) {
                wants(due.key)
                later[due.key] = nil
            }
            state.addDue(at: second * now)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                state.add(key, at: second * now)
                wants(key)
            case 1:
                // Moments of their own, so that the order among those due is the model's.
                let delay = Int.random(in: 1..<9, using: &random)
                guard !later.values.contains(now + delay) else { continue }
                state.add(key, after: second * delay, at: second * now)
                later[key] = min(later[key] ?? .max, now + delay)
            case 2:
                let taken = state.take(at: second * now)?.key
                #expect(taken == waiting.first)
                if let taken {
                    waiting.removeFirst()
                    working.insert(taken)
                }
            default:
                state.done(key, at: second * now)
                guard working.remove(key) != nil, again.remove(key) != nil else { continue }
                waiting.append(key)
            }
            #expect(state.depth == waiting.count)
        }
    }

    private mutating func drain(at now: Duration) -> [String] {
        var keys: [String] = []
        while let item = state.take(at: now) {
            keys.append(item.key)
            state.done(item.key, at: now)
        }
        return keys
    }
}
