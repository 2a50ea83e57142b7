/// Whether and when a failed exchange is made again. Pure: time and randomness come from the caller.
package struct RetryPolicy: Sendable, Equatable {
    /// Tries of one exchange, the first included.
    package var attempts: Int
    /// Upper bound of the first pause; doubles with each further try (full jitter: the pause is random below it).
    package var base: Duration
    package var cap: Duration
    /// How often an object that changed between two reads is begun anew.
    package var restarts: Int
    /// Retries that all transfers share; each success gives back a part of one (see `RetryBudget`).
    package var budget: Int

    package init(
        attempts: Int = 8, base: Duration = .milliseconds(200), cap: Duration = .seconds(20), restarts: Int = 3,
        budget: Int = 200
    ) {
        self.attempts = attempts
        self.base = base
        self.cap = cap
        self.restarts = restarts
        self.budget = budget
    }

    package enum Class: Sendable, Equatable {
        /// Will fail again: 403, 404, no space, a wrong digest.
        case permanent
        /// This exchange may succeed when repeated.
        case transient
        /// The store wants everybody to slow down.
        case throttled
        /// The object must be begun anew.
        case changed
    }

    package static func classify(_ error: TransferError) -> Class {
        switch error.reason {
        case .throttled: .throttled
        case .server(let status): status >= 500 || status == 408 ? .transient : .permanent
        case .network, .timeout, .length: .transient
        case .changed: .changed
        case .notFound, .permission, .checksum, .archive, .hostileName, .noSpace, .local, .credentials, .configuration,
            .protocolViolation, .cancelled, .exhausted:
            .permanent
        }
    }

    /// The pause before try number `attempt + 1`, `attempt` tries having failed; `random` is uniform in 0..<1. Never
    /// shorter than what the store asked for.
    package func pause(after attempt: Int, error: TransferError, random: Double) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let ceiling = min(cap, base * (1 << doublings))
        let jittered = ceiling * random
        guard case .throttled(let asked?) = error.reason else { return jittered }
        return asked + min(jittered, .seconds(1))
    }
}

/// Retries shared by all transfers of one engine, so that a store in trouble is not asked ever more. A token bucket:
/// each retry takes one, each success gives a tenth back.
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
