import Synchronization
import TestSupport
import Testing

@testable import Admission

@Suite struct RequestGateTests {
    /// However many come, with whatever weight: what is inside never weighs more than there is room.
    @Test func thereIsNeverTooMuchInside() async {
        let gate = RequestGate(capacity: 5)
        let inside = Tally()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                let weight = [1, 2, 5, 9][number % 4]
                group.addTask {
                    await gate.enter(weight: weight) {
                        inside.add(min(weight, 5))
                        await Task.yield()
                        inside.add(-min(weight, 5))
                        return true
                    } ?? false
                }
            }
            for await isDone in group { #expect(isDone) }
        }
        #expect(inside.now == 0 && inside.most == 5)
    }

    @Test func whoeverGivesUpMakesRoom() async throws {
        let gate = RequestGate(capacity: 1)
        let (held, release) = AsyncStream<Void>.makeStream()
        let (entered, enter) = AsyncStream<Void>.makeStream()
        await withTaskGroup(of: Bool?.self) { group in
            group.addTask {
                await gate.enter(weight: 1) {
                    enter.finish()
                    for await _ in held {}
                    return true
                }
            }
            for await _ in entered {}
            await withTaskGroup(of: Bool?.self) { waiting in
                for _ in 0..<20 { waiting.addTask { await gate.enter(weight: 1) { true } } }
                waiting.cancelAll()
                for await result in waiting { #expect(result == nil) }
            }
            release.finish()
            #expect(await group.next() == true)
        }
        #expect(await gate.enter(weight: 1) { true } == true)
    }
}

/// A number that many change, and the most that it ever was.
final class Tally: Sendable {
    private let value = Mutex((now: 0, most: 0))

    var now: Int { value.withLock { $0.now } }
    var most: Int { value.withLock { $0.most } }

    func add(_ amount: Int) {
        value.withLock {
            $0.now += amount
            $0.most = max($0.most, $0.now)
        }
    }
}
