/// What events may cost the cluster and this process. The defaults are client-go's.
public struct EventLimits: Sendable, Equatable {
    /// New events about one object: so many at once …
    public var burst: Int
    /// … and one more each time this has passed (`defaultSpamQPS`).
    public var interval: Duration
    /// An event that happens again is counted; the count is written at the first repetition, then this often.
    public var refresh: Duration
    /// An event that did not happen again for this long has ended; its next occurrence is a new one.
    public var end: Duration
    /// Events remembered, written or not. Beyond that new ones are dropped.
    public var remembered: Int
    /// An event that the server could not take is given up after so many attempts.
    public var attempts: Int
    /// Between two attempts, at most.
    public var pause: Duration

    public init(
        burst: Int = 25, interval: Duration = .seconds(300), refresh: Duration = .seconds(30 * 60),
        end: Duration = .seconds(6 * 60), remembered: Int = 1024, attempts: Int = 12, pause: Duration = .seconds(10)
    ) {
        self.burst = burst
        self.interval = interval
        self.refresh = refresh
        self.end = end
        self.remembered = remembered
        self.attempts = attempts
        self.pause = pause
    }
}
