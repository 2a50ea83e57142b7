/// How often and how long apart a request is made again.
public struct RetryPolicy: Sendable, Equatable {
    /// Exchanges of one request, the first included.
    public var attempts: Int
    /// Upper bound of the first pause; doubles with each further try (full jitter: the pause is random below it).
    public var base: Duration
    public var cap: Duration
    /// A server that wants to be left alone for longer than this gets its way: the request fails.
    public var longestWait: Duration
    /// Retries that all requests of a client share; each success gives back a tenth of one.
    public var budget: Int

    public init(
        attempts: Int = 8, base: Duration = .milliseconds(200), cap: Duration = .seconds(10),
        longestWait: Duration = .seconds(60), budget: Int = 100
    ) {
        self.attempts = attempts
        self.base = base
        self.cap = cap
        self.longestWait = longestWait
        self.budget = budget
    }

    /// Whoever has a retry of their own.
    public static let never = RetryPolicy(attempts: 1)
}
