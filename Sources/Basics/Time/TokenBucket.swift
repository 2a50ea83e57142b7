/// A rate with bursts: `burst` tokens at most, one more every `interval`.
///
/// A value: whoever asks says what time it is, on any clock that only goes forward.
public struct TokenBucket: Sendable, Equatable {
    private let burst: Int
    private let interval: Duration
    /// When the bucket would be full if nothing more were taken. Tells the number of tokens without fractions.
    private var fullAt: Duration

    /// Full at the beginning.
    public init(burst: Int, interval: Duration) {
        precondition(burst > 0 && interval > .zero, "a bucket holds something and fills up")
        self.burst = burst
        self.interval = interval
        fullAt = .zero
    }

    /// Takes a token if there is one.
    public mutating func take(at now: Duration) -> Bool {
        guard delay(at: now) == .zero else { return false }
        reserve(at: now)
        return true
    }

    /// Takes a token that may be still to come, and says how long to wait for it.
    @discardableResult
    public mutating func reserve(at now: Duration) -> Duration {
        let delay = delay(at: now)
        fullAt = max(fullAt, now) + interval
        return delay
    }

    /// Whether nothing was taken that has not come back.
    public func isFull(at now: Duration) -> Bool { fullAt <= now }

    private func delay(at now: Duration) -> Duration {
        max(.zero, fullAt - now - interval * (burst - 1))
    }
}
