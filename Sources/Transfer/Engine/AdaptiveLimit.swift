/// How many requests at once are useful: grown while that pays, cut when a store asks for less. Pure.
///
/// A round is as many finished requests as the limit. The limit grows by half after a round whose throughput is at
/// least a tenth better than at the smaller limit; it falls back when a larger limit made things worse; after some
/// quiet rounds it tries one more, because conditions change.
struct AdaptiveLimit: Sendable, Equatable {
    private(set) var limit: Int
    private let maximum: Int

    private var began: Duration?
    private var requests = 0
    private var bytes: Int64 = 0
    private var last: (limit: Int, rate: Double)?
    private var quietRounds = 0

    /// Makes many small objects and few large ones comparable: what a request costs beside its bytes.
    private static let requestCost = 64 << 10
    private static let shortestRound = Duration.milliseconds(50)
    private static let quietRoundsBeforeProbe = 8

    init(initial: Int = 8, maximum: Int) {
        self.maximum = max(1, maximum)
        limit = min(initial, self.maximum)
    }

    /// One request is over. `saturated`: others were waiting for it, so the limit was what held them back.
    mutating func finished(bytes moved: Int64, saturated: Bool, now: Duration) {
        requests += 1
        bytes += moved
        guard let start = began else {
            began = now
            return
        }
        let elapsed = now - start
        guard requests > limit, elapsed >= Self.shortestRound else { return }
        let rate = Double(bytes + Int64(requests * Self.requestCost)) / (elapsed / .seconds(1))
        if saturated { judge(rate) }
        (began, requests, bytes) = (now, 0, 0)
    }

    /// The store asks for less.
    mutating func throttled() {
        limit = max(1, limit / 2)
        (began, requests, bytes, last, quietRounds) = (nil, 0, 0, nil, 0)
    }

    private mutating func judge(_ rate: Double) {
        defer { last = (limit, rate) }
        guard let last, last.limit != limit else {
            quietRounds += 1
            if last == nil || quietRounds >= Self.quietRoundsBeforeProbe { grow() }
            return
        }
        if last.limit < limit {
            if rate >= last.rate * 1.1 { grow() } else if rate < last.rate * 0.9 { limit = last.limit }
        }
    }

    private mutating func grow() {
        quietRounds = 0
        limit = min(maximum, limit + max(1, limit / 2))
    }

    static func == (left: Self, right: Self) -> Bool {
        left.limit == right.limit && left.maximum == right.maximum && left.requests == right.requests
            && left.bytes == right.bytes && left.quietRounds == right.quietRounds
    }
}
