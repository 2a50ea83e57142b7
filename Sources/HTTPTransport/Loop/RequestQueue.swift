/// Which waiting exchange may start next: never more running than the limits allow, first come first served within an
/// origin, origins in turn.
struct RequestQueue: Sendable {
    typealias ID = UInt64

    private struct Origin {
        var running = 0
        var isHeld = false
        var waiting: [ID] = []
        /// Index of the first in `waiting` that has not started.
        var next = 0
        var isQueued = false

        var hasWaiting: Bool { next < waiting.count }

        mutating func pop() -> ID {
            defer {
                next += 1
                if next > 64, next * 2 > waiting.count {
                    waiting.removeFirst(next)
                    next = 0
                }
            }
            return waiting[next]
        }
    }

    private let limit: Int
    private let limitPerOrigin: Int
    private var running = 0
    private var origins: [String: Origin] = [:]
    /// Origins that may have something to start, in turn.
    private var turn: [String] = []

    init(limit: Int, limitPerOrigin: Int) {
        self.limit = max(limit, 1)
        self.limitPerOrigin = max(limitPerOrigin, 1)
    }

    mutating func enqueue(_ id: ID, origin: String) {
        origins[origin, default: Origin()].waiting.append(id)
        queue(origin)
    }

    /// Takes the next that may start; from then on it counts as running until `finished`.
    mutating func next() -> (id: ID, origin: String)? {
        while running < limit, let origin = turn.first {
            turn.removeFirst()
            origins[origin]?.isQueued = false
            guard let state = origins[origin], state.hasWaiting, !state.isHeld, state.running < limitPerOrigin else {
                continue
            }
            guard let id = origins[origin]?.pop() else { continue }
            origins[origin]?.running += 1
            running += 1
            queue(origin)
            return (id, origin)
        }
        return nil
    }

    mutating func finished(origin: String) {
        running -= 1
        origins[origin]?.running -= 1
        if let state = origins[origin], state.running == 0, !state.hasWaiting, !state.isHeld {
            origins[origin] = nil
        } else {
            queue(origin)
        }
    }

    /// Starts nothing more for this origin until `release`.
    mutating func hold(origin: String) { origins[origin]?.isHeld = true }

    mutating func release(origin: String) {
        origins[origin]?.isHeld = false
        queue(origin)
    }

    private mutating func queue(_ origin: String) {
        guard let state = origins[origin], !state.isQueued, state.hasWaiting else { return }
        origins[origin]?.isQueued = true
        turn.append(origin)
    }
}
