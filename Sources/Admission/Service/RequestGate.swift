internal import Synchronization

/// Lets only so much be worked on at once, so that a crowd of large objects cannot fill the memory. The others wait in the
/// order in which they came.
final class RequestGate: Sendable {
    private typealias Turn = CheckedContinuation<Bool, Never>

    private struct Waiting {
        var ticket: UInt64
        var weight: Int
        var turn: Turn
    }

    private struct State {
        var free: Int
        var next: UInt64 = 0
        var queue: [Waiting] = []
        /// Given up before they stood in the queue.
        var abandoned: Set<UInt64> = []

        mutating func admit() -> [Turn] {
            var turns: [Turn] = []
            while let first = queue.first, first.weight <= free {
                free -= first.weight
                turns.append(first.turn)
                queue.removeFirst()
            }
            return turns
        }
    }

    private let state: Mutex<State>
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        state = Mutex(State(free: capacity))
    }

    /// - Parameter weight: what the work counts for; more than there is in all is everything.
    /// - Returns: `nil` where the task was cancelled before its turn came.
    func enter<Value: Sendable>(weight: Int, _ work: () async -> Value) async -> Value? {
        let weight = min(max(weight, 1), capacity)
        guard await turn(weight) else { return nil }
        defer { leave(weight) }
        return await work()
    }

    private func turn(_ weight: Int) async -> Bool {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        let hasTurn = await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                let (turns, isAbandoned) = state.withLock { state -> ([Turn], Bool) in
                    guard state.abandoned.remove(ticket) == nil else { return ([], true) }
                    state.queue.append(Waiting(ticket: ticket, weight: weight, turn: turn))
                    return (state.admit(), false)
                }
                if isAbandoned { turn.resume(returning: false) }
                resume(turns)
            }
        } onCancel: {
            abandon(ticket)
        }
        // No handler runs any more that could put it there.
        state.withLock { _ = $0.abandoned.remove(ticket) }
        return hasTurn
    }

    private func abandon(_ ticket: UInt64) {
        let (turn, turns) = state.withLock { state -> (Turn?, [Turn]) in
            guard let index = state.queue.firstIndex(where: { $0.ticket == ticket }) else {
                // Not there yet, or its turn has come; then nobody looks at this again.
                state.abandoned.insert(ticket)
                return (nil, [])
            }
            let turn = state.queue.remove(at: index).turn
            return (turn, state.admit())
        }
        turn?.resume(returning: false)
        resume(turns)
    }

    private func leave(_ weight: Int) {
        let turns = state.withLock { state in
            state.free += weight
            return state.admit()
        }
        resume(turns)
    }

    private func resume(_ turns: [Turn]) {
        for turn in turns { turn.resume(returning: true) }
    }
}
