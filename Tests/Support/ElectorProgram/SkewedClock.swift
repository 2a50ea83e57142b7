/// A clock that runs at another rate than the system's.
struct SkewedClock: Clock {
    let rate: Double
    private let start = ContinuousClock.now

    struct Instant: InstantProtocol {
        /// Since the clock was made, as it shows it.
        var elapsed: Duration

        func advanced(by duration: Duration) -> Instant { Instant(elapsed: elapsed + duration) }
        func duration(to other: Instant) -> Duration { other.elapsed - elapsed }
        static func < (one: Instant, other: Instant) -> Bool { one.elapsed < other.elapsed }
    }

    init(rate: Double) { self.rate = rate }

    var now: Instant { Instant(elapsed: (ContinuousClock.now - start) * rate) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await ContinuousClock().sleep(until: start + deadline.elapsed / rate, tolerance: tolerance)
    }
}
