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

    /// How long until there is a token.
    package func delay(at now: Duration) -> Duration {
        max(.zero, fullAt - now - interval * (burst - 1))
    }
}

/// `Retry-After` in its two forms (RFC 9110 §10.2.3).
package enum RetryAfter {
    /// Longer waits are the server's way of saying no; a budget decides then.
    private static let cap: Int64 = 3600

    /// - Parameter now: seconds since 1970, for a value that is a date; without it a date says nothing.
    package static func parse(_ value: String?, now: Int64?) -> Duration? {
        guard let value else { return nil }
        if let seconds = Int64(value) { return .seconds(min(max(0, seconds), cap)) }
        guard let now, let then = CivilTime(http: value) else { return nil }
        return .seconds(min(max(0, then.secondsSince1970 - now), cap))
    }
}

/// Random numbers that a seed decides (SplitMix64), so that what depends on them can be told beforehand.
package struct SeededRandom: RandomNumberGenerator, Sendable, Equatable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In 0 ..< 1.
    package mutating func fraction() -> Double { Double(next() >> 11) / Double(UInt64(1) << 53) }
}

/// How long to wait between tries: at random below a bound that doubles with each ("full jitter"), so that those who
/// failed together do not come back together.
package enum FullJitter {
    /// - Parameters:
    ///   - failures: tries that have failed, from 1.
    ///   - base: the first bound; `cap`: the highest.
    ///   - asked: what the server wants at least; not all come at that very moment.
    ///   - random: uniform in 0..<1.
    package static func pause(
        after failures: Int, base: Duration, cap: Duration, asked: Duration? = nil, random: Double
    ) -> Duration {
        let ceiling = min(cap, base * (1 << min(max(failures - 1, 0), 30)))
        guard let asked else { return ceiling * random }
        return asked + min(ceiling, .seconds(1)) * random
    }
}

/// Retries that many requests share, so that a server in trouble is not asked ever more. A token bucket: each retry
/// takes one, each success gives a tenth back.
package struct RetryBudget: Sendable, Equatable {
    private var tenths: Int
    private let capacity: Int

    package init(_ retries: Int) {
        capacity = retries * 10
        tenths = capacity
    }

    /// Whether one more retry is allowed.
    package mutating func take() -> Bool {
        guard tenths >= 10 else { return false }
        tenths -= 10
        return true
    }

    package mutating func succeed() { tenths = min(capacity, tenths + 1) }
}
