/// The continuous clock, some times as fast, for what is simulated in seconds and shall take a test less.
public struct ScaledClock: Clock {
    public struct Instant: InstantProtocol {
        /// Since the clock was made.
        public var elapsed: Duration

        public func advanced(by duration: Duration) -> Instant { Instant(elapsed: elapsed + duration) }
        public func duration(to other: Instant) -> Duration { other.elapsed - elapsed }
        public static func < (one: Instant, other: Instant) -> Bool { one.elapsed < other.elapsed }
    }

    private let start = ContinuousClock.now
    private let speed: Int

    public init(speed: Int) { self.speed = speed }

    public var now: Instant { Instant(elapsed: (ContinuousClock.now - start) * speed) }
    public var minimumResolution: Duration { .nanoseconds(speed) }

    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        try await ContinuousClock().sleep(until: start + deadline.elapsed / speed, tolerance: nil)
    }
}
