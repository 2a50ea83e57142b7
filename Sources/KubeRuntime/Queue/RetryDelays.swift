public import Basics

/// How long each key waits before it is tried again: doubling from 5 ms to 1000 s for each failure in a row, and no
/// more than 10 a second over all keys beyond a burst of 100. The defaults are those of client-go's
/// `DefaultTypedControllerRateLimiter`.
public struct RetryDelays<Key: Hashable & Sendable>: Sendable {
    private let base: Duration
    private let maximum: Duration
    private var bucket: TokenBucket
    private var failures: [Key: Int] = [:]

    public init(
        base: Duration = .milliseconds(5), maximum: Duration = .seconds(1000),
        bucket: TokenBucket = TokenBucket(burst: 100, interval: .milliseconds(100))
    ) {
        self.base = base
        self.maximum = maximum
        self.bucket = bucket
    }

    /// Counts a failure of `key`, and says how long it is to wait.
    public mutating func delay(for key: Key, at now: Duration) -> Duration {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        return max(backoff(after: count), bucket.reserve(at: now))
    }

    /// The key did well, or will never be tried again.
    public mutating func forget(_ key: Key) { failures[key] = nil }

    public func failures(of key: Key) -> Int { failures[key, default: 0] }

    private func backoff(after count: Int) -> Duration {
        var delay = base
        for _ in 0..<count where delay < maximum { delay = delay * 2 }
        return min(delay, maximum)
    }
}
