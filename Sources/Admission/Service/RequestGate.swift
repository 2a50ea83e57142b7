internal import Synchronization

/// Lets so many in at once and turns the others away: whoever waits here would wait in vain.
final class RequestGate: Sendable {
    private let inside = Mutex(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// - Returns: `nil` where it is full.
    func enter<Value: Sendable>(_ work: () async -> Value) async -> Value? {
        let isIn = inside.withLock { inside in
            guard inside < limit else { return false }
            inside += 1
            return true
        }
        guard isIn else { return nil }
        defer { inside.withLock { $0 -= 1 } }
        return await work()
    }
}
