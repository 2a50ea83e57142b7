/// How long a lease is good for, and how it is kept.
///
/// Safe as long as no candidate's clock runs `lease / renew` times as fast as the leader's: with the defaults, half as
/// fast again. What the clocks show does not matter.
public struct ElectionTiming: Sendable, Equatable {
    public struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
        public var description: String
    }

    /// For how long nobody else claims a lease after its last change was seen. Whole seconds.
    public let lease: Duration
    /// A leader that could not renew for this long leads no more.
    public let renew: Duration
    /// Between two attempts; candidates wait up to 2.2 times as long.
    public let retry: Duration

    /// client-go spreads the attempts of candidates by this factor (`leaderelection.JitterFactor`).
    static let jitter = 1.2

    /// 15, 10 and 2 seconds, as Kubernetes' own components.
    public static let standard = ElectionTiming(unchecked: .seconds(15), .seconds(10), .seconds(2))

    /// - Throws: `Invalid` unless lease > renew > 1.2 × retry > 0.
    public init(lease: Duration, renew: Duration, retry: Duration) throws(Invalid) {
        guard lease.components.attoseconds == 0, (1...Int64(Int32.max)).contains(lease.components.seconds) else {
            throw Invalid(
                description: "the lease duration (\(lease)) must be whole seconds, because a Lease holds those")
        }
        guard lease > renew else {
            throw Invalid(
                description: "the lease duration (\(lease)) must be longer than the renew deadline (\(renew))")
        }
        guard renew > retry * Self.jitter else {
            throw Invalid(
                description: "the renew deadline (\(renew)) must be longer than \(Self.jitter) × the retry period "
                    + "(\(retry))")
        }
        guard retry > .zero else {
            throw Invalid(description: "the retry period (\(retry)) must be positive")
        }
        self.init(unchecked: lease, renew, retry)
    }

    private init(unchecked lease: Duration, _ renew: Duration, _ retry: Duration) {
        self.lease = lease
        self.renew = renew
        self.retry = retry
    }

    /// No single request may use up the time in which a leader must renew.
    var request: Duration { renew / 2 }
}
