import Synchronization

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
