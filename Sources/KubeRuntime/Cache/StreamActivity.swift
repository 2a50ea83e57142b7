internal import Synchronization

/// When something last arrived on a stream.
final class StreamActivity: Sendable {
    /// `nil` while the reader itself is busy, which is no silence of the server's.
    private let last = Mutex<Duration?>(nil)

    func note(at now: Duration) { last.withLock { $0 = now } }
    func suspend() { last.withLock { $0 = nil } }

    /// How long it has been silent.
    func silence(at now: Duration) -> Duration { last.withLock { $0.map { now - $0 } ?? .zero } }
}
