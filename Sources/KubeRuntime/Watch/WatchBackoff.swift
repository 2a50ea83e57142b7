/// How long to wait before asking again: client-go's reflector's rule. 0.8 s, doubled up to 30 s, each stretched by up to
/// as much again, so that a thousand clients do not come back together; from the start again after two calm minutes.
struct WatchBackoff: Sendable, Equatable {
    static let first = Duration.milliseconds(800)
    static let longest = Duration.seconds(30)
    static let calm = Duration.seconds(120)

    private var next = Self.first
    private var last: Duration?

    /// - Parameter fraction: random, in 0 ..< 1.
    mutating func delay(at now: Duration, fraction: Double) -> Duration {
        if let last, now - last > Self.calm { next = Self.first }
        last = now
        defer { next = min(next * 2, Self.longest) }
        return next * (1 + fraction)
    }
}
