internal import Basics
internal import HTTPTransport

/// Decides, for one request, what follows on how an attempt ended. Pure: randomness comes from the caller.
struct RequestRetries: Sendable, Equatable {
    enum Ending: Sendable, Equatable {
        case success
        /// - Parameter retryAfter: as the server asked for.
        case refused(status: Int, retryAfter: Duration?)
        case broken(isTransient: Bool, nothingSent: Bool)
    }

    enum Step: Sendable, Equatable {
        /// This ending is the request's.
        case end
        /// With another credential, where there is one, and at once.
        case renewCredential
        case retry(after: Duration)
    }

    private let policy: RetryPolicy
    private let isIdempotent: Bool
    private var failures = 0
    private var hasRenewed = false

    init(_ policy: RetryPolicy, isIdempotent: Bool) {
        self.policy = policy
        self.isIdempotent = isIdempotent
    }

    /// - Parameters:
    ///   - random: uniform in 0..<1.
    ///   - budget: the client's; asked where everything else allows another try.
    mutating func step(after ending: Ending, random: Double, budget: inout RetryBudget) -> Step {
        let asked: Duration?
        switch ending {
        case .success:
            budget.succeed()
            return .end
        case .refused(401, _):
            defer { hasRenewed = true }
            return hasRenewed ? .end : .renewCredential
        case .refused(let status, let retryAfter):
            guard mayRepeat(status, retryAfter) else { return .end }
            asked = retryAfter
        case .broken(let isTransient, let nothingSent):
            guard isTransient, isIdempotent || nothingSent else { return .end }
            asked = nil
        }
        failures += 1
        guard failures < policy.attempts, asked ?? .zero <= policy.longestWait, budget.take() else { return .end }
        return .retry(
            after: FullJitter.pause(
                after: failures, base: policy.base, cap: policy.cap, asked: asked, random: random))
    }

    /// With 429, and 503 with a time to come back, the server says that it has not begun. Any other 5xx may have done it.
    private func mayRepeat(_ status: Int, _ retryAfter: Duration?) -> Bool {
        switch status {
        case 429: true
        case 503 where retryAfter != nil: true
        case 501, 505: false
        case 500...599: isIdempotent
        default: false
        }
    }
}

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
