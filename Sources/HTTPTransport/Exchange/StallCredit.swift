/// Tells when a transfer has been too slow for too long.
///
/// Credit is time: it runs out as time passes and every byte buys `1/rate` seconds back, up to the whole allowance. So a
/// transfer that stops fails exactly one allowance after its last bytes, one at half the rate after two, and one at or
/// above the rate never does; no timer has to fire in between. The clock stands still while the reader holds the
/// transfer back.
struct StallCredit: Sendable, Equatable {
    typealias Instant = ContinuousClock.Instant

    private let allowance: Duration
    /// Bytes a second.
    private let rate: Int
    private var left: Duration
    private var runningSince: Instant?

    init(allowance: Duration, rate: Int) {
        self.allowance = allowance
        self.rate = max(rate, 1)
        left = allowance
    }

    /// When the credit is used up; `nil` while the clock stands still.
    var deadline: Instant? { runningSince.map { $0 + left } }

    mutating func restart(at now: Instant) {
        left = allowance
        runningSince = now
    }

    mutating func hold(at now: Instant) {
        spend(until: now)
        runningSince = nil
    }

    mutating func release(at now: Instant) {
        if runningSince == nil { runningSince = now }
    }

    mutating func moved(_ bytes: Int, at now: Instant) {
        spend(until: now)
        left = min(allowance, left + .seconds(bytes) / rate)
    }

    private mutating func spend(until now: Instant) {
        guard let since = runningSince else { return }
        left -= since.duration(to: now)
        runningSince = now
    }
}
