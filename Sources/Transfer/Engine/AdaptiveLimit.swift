/// How many requests one server usefully works on at once, in units (a large one weighs more than one). Pure.
///
/// Begins high and grows as TCP does: each finished request makes room for one more, so the limit doubles with every
/// round trip, as long as the quickest answers come as quickly as before (HyStart's sign that nothing queues). From the
/// first sign of a queue on it only follows the latency, an eighth up or down a round: by Little's law, more requests
/// than throughput times the latency of an idle server only wait. A round is as many answers as the limit had room for.
///
/// The quickest answer of a round is what counts: it had an open connection and no bad luck, so neither handshakes nor a
/// slow disk are taken for a queue.
struct AdaptiveLimit: Sendable, Equatable {
    private(set) var limit: Int
    private let maximum: Int
    private var isStarting = true
    /// What an answer takes when nothing queues.
    private var unloaded: Duration?
    private var quickest: Duration?
    private var samples = 0
    /// Answers until the round is over.
    private var left: Int

    /// Queues alone never bring the limit below this: only a server that says so does.
    static let floor = 16
    /// Fewer tell nothing of a round.
    private static let samplesNeeded = 8
    private static let noise = Duration.milliseconds(5)

    init(initial: Int, maximum: Int) {
        self.maximum = max(1, maximum)
        limit = min(max(1, initial), self.maximum)
        left = limit
    }

    /// One request is over.
    /// - Parameters:
    ///   - latency: until the answer's first byte; `nil` where that says nothing of the server.
    ///   - saturated: others wait for a place, so that the limit is what holds them back.
    mutating func finished(after latency: Duration?, saturated: Bool) {
        if let latency {
            quickest = min(quickest ?? latency, latency)
            samples += 1
        }
        if isStarting {
            if saturated { limit = min(maximum, limit + 1) }
            if samples >= Self.samplesNeeded, let quickest, let unloaded, quickest > unloaded * 1.5 + Self.noise {
                isStarting = false
            }
        }
        left -= 1
        if left <= 0 { endRound(saturated) }
    }

    /// The server asks for less.
    mutating func throttled() {
        limit = max(1, limit / 2)
        isStarting = false
        beginRound()
    }

    private mutating func endRound(_ saturated: Bool) {
        defer { beginRound() }
        guard samples >= min(Self.samplesNeeded, limit), let quickest else { return }
        guard let unloaded else {
            self.unloaded = quickest
            return
        }
        if !isStarting, saturated {
            if quickest > unloaded * 2 + Self.noise * 2 {
                limit = max(min(limit, Self.floor), limit - limit / 8)
            } else if quickest < unloaded * 1.25 + Self.noise / 2 {
                limit = min(maximum, limit + max(1, limit / 8))
            }
        }
        if quickest < unloaded {
            self.unloaded = quickest
        } else if limit <= Self.floor {
            // So few cannot be the queue: the way to the server has become longer.
            self.unloaded = unloaded + (quickest - unloaded) / 4
        }
    }

    private mutating func beginRound() {
        (quickest, samples, left) = (nil, 0, limit)
    }
}
