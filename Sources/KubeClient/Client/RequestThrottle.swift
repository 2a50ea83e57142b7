internal import Basics
internal import Synchronization

/// The client-side rate limit: whoever comes too soon waits, first come first served.
final class RequestThrottle: Sendable {
    private let bucket: Mutex<TokenBucket>
    private let time: Timepiece

    init(_ bucket: TokenBucket, time: Timepiece) {
        self.bucket = Mutex(bucket)
        self.time = time
    }

    /// Throws `CancellationError` when the waiting task is cancelled.
    func pass() async throws {
        let now = time.now()
        let delay = bucket.withLock { $0.reserve(at: now) }
        if delay > .zero { try await time.sleep(now + delay) }
    }
}
