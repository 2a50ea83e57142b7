/// One elector of a leader, as a value: client-go's protocol on a `Lease`, by local clocks alone.
///
/// Why there are never two who both believe to lead: every claim applies only to the version of the lease it was
/// decided on, so the server orders them. A leader believes until `renew` after the *beginning* of its last request
/// that was granted. Another claims the lease no earlier than its duration after it *saw* the lease change, which was
/// after that beginning. Neither asks what the other's clock shows, only that it runs about as fast.
struct ElectionMachine: Sendable {
    private enum Role: Equatable {
        case candidate
        /// Believes to lead until this moment.
        case leader(until: Duration)
        /// Led once; does not contest again.
        case former
    }

    private enum Request: Equatable {
        case read(began: Duration)
        case claim(LeaseClaim, began: Duration)
    }

    private let identity: String
    private let timing: ElectionTiming
    private var role = Role.candidate
    /// The lease as last seen, and when it was first seen like that.
    private var observed: (record: LeaseRecord, since: Duration)?
    private var request: Request?
    private var nextAttempt = Duration.zero
    /// The version that is known may be out of date.
    private var mustRead = true
    /// The last claim was overtaken: once more in a row, and there is a pause.
    private var wasOvertaken = false
    /// When giving the lease back is given up; `nil` until `stop`.
    private var releaseDeadline: Duration?
    private var hasEnded = false

    init(identity: String, timing: ElectionTiming) {
        self.identity = identity
        self.timing = timing
    }

    /// Until when it leads if nothing more is heard from the server.
    var leadsUntil: Duration? {
        if case .leader(let until) = role { until } else { nil }
    }

    /// Who holds the lease, as far as is known.
    var holder: String? { observed?.record.holder }

    /// The moment at which to hand in `wake`; `nil` where an answer must come first.
    var nextWake: Duration? {
        if hasEnded { return nil }
        let attempt = request == nil && (role != .former || releaseDeadline != nil) ? nextAttempt : nil
        return [attempt, leadsUntil, releaseDeadline].compactMap(\.self).min()
    }

    /// - Parameter random: in 0..<1, spreads the attempts of candidates.
    mutating func handle(_ input: ElectionInput, at now: Duration, random: Double) -> [ElectionEffect] {
        guard !hasEnded else { return [] }
        var effects: [ElectionEffect] = []
        // Whatever happened, first of all: a leader that was stopped or cut off for too long leads no more, even if
        // what it reads next is that it was granted more time.
        if let leadsUntil, now >= leadsUntil { lose(&effects) }
        switch input {
        case .wake: break
        case .read(let record):
            request = nil
            observe(record, at: now)
            if let record, record.holder != identity { loseIfLeader(&effects) }
        case .granted(let record): granted(record, at: now, &effects)
        case .conflict:
            // The lease is looked at at once, because another may hold it now.
            if wasOvertaken { postpone(from: now, random) } else { nextAttempt = now }
            wasOvertaken.toggle()
            request = nil
            mustRead = true
        case .failed:
            request = nil
            mustRead = true
            postpone(from: now, random)
        case .stop where releaseDeadline == nil:
            releaseDeadline = now + timing.request
            nextAttempt = now
        case .stop: break
        }
        proceed(at: now, random, &effects)
        return effects
    }

    private mutating func granted(_ record: LeaseRecord, at now: Duration, _ effects: inout [ElectionEffect]) {
        guard case .claim(let claim, let began) = request else { return }
        request = nil
        mustRead = false
        wasOvertaken = false
        observed = (record, now)
        let until = began + timing.renew
        switch (claim.purpose, role) {
        case (.release, _): end(&effects)
        // The server found nothing to change, as when a broken clock gives the same time again: a lease that others do
        // not see change is not renewed.
        case (_, _) where record.resourceVersion == claim.resourceVersion: break
        case (_, .candidate) where now < until && releaseDeadline == nil:
            role = .leader(until: until)
            effects.append(.lead)
        case (_, .leader): role = .leader(until: until)
        // An answer that took too long to be of use: the lease is ours, but must be claimed again.
        case (_, .candidate), (_, .former): break
        }
        nextAttempt = releaseDeadline == nil ? began + timing.retry : now
    }

    /// Decides what to ask next, if nothing is being asked.
    private mutating func proceed(at now: Duration, _ random: Double, _ effects: inout [ElectionEffect]) {
        guard !hasEnded else { return }
        if let releaseDeadline { return release(at: now, deadline: releaseDeadline, &effects) }
        guard request == nil, role != .former, now >= nextAttempt else { return }
        guard !mustRead else { return read(at: now, &effects) }
        if let claim = claim(at: now) { return self.claim(claim, at: now, &effects) }
        mustRead = true
        postpone(from: now, random)
    }

    /// What this elector may claim of the lease as it was last seen; `nil` where another holds it.
    private func claim(at now: Duration) -> LeaseClaim? {
        let seconds = timing.lease.components.seconds
        func claim(_ purpose: LeaseClaim.Purpose, after record: LeaseRecord, isTransition: Bool) -> LeaseClaim {
            LeaseClaim(
                purpose: purpose, holder: identity, durationSeconds: seconds,
                transitions: Self.transitions(of: record, plus: isTransition && purpose != .create ? 1 : 0),
                resourceVersion: purpose == .create ? "" : record.resourceVersion, isTransition: isTransition)
        }
        guard let (record, since) = observed else {
            return claim(.create, after: LeaseRecord(), isTransition: true)
        }
        let isDeleted = record.resourceVersion.isEmpty
        if record.holder == identity {
            if isDeleted { return claim(.create, after: LeaseRecord(), isTransition: true) }
            return claim(role == .candidate ? .acquire : .renew, after: record, isTransition: false)
        }
        let duration = record.durationSeconds > 0 ? Duration.seconds(record.durationSeconds) : timing.lease
        guard record.holder.isEmpty || now >= since + duration else { return nil }
        return claim(isDeleted ? .create : .acquire, after: record, isTransition: true)
    }

    /// A Lease holds 32 bits, and the server refuses more: a count that has come to their end stays there.
    private static func transitions(of record: LeaseRecord, plus more: Int64) -> Int64 {
        min(record.transitions, Int64(Int32.max) - more) + more
    }

    /// Takes in what was read. A lease that was deleted under its holder is remembered with that holder, who may not
    /// have noticed yet: it keeps others out for its duration all the same.
    private mutating func observe(_ record: LeaseRecord?, at now: Duration) {
        mustRead = false
        guard let record else {
            observed?.record.resourceVersion = ""
            return
        }
        if observed?.record != record { observed = (record, now) }
    }

    private mutating func read(at now: Duration, _ effects: inout [ElectionEffect]) {
        request = .read(began: now)
        effects.append(.read)
    }

    private mutating func claim(_ claim: LeaseClaim, at now: Duration, _ effects: inout [ElectionEffect]) {
        request = .claim(claim, began: now)
        effects.append(.claim(claim))
    }

    private mutating func release(at now: Duration, deadline: Duration, _ effects: inout [ElectionEffect]) {
        guard now < deadline else { return end(&effects) }
        guard request == nil, now >= nextAttempt else { return }
        // The work has ended already: nothing is to be cancelled.
        role = .former
        if mustRead, observed?.record.holder == identity { return read(at: now, &effects) }
        guard let record = observed?.record, record.holder == identity, !record.resourceVersion.isEmpty else {
            return end(&effects)
        }
        let claim = LeaseClaim(
            purpose: .release, holder: "", durationSeconds: 1, transitions: record.transitions,
            resourceVersion: record.resourceVersion, isTransition: true)
        self.claim(claim, at: now, &effects)
    }

    /// The next attempt is due after a pause: for a leader always the same, for candidates spread.
    private mutating func postpone(from now: Duration, _ random: Double) {
        nextAttempt = now + (leadsUntil == nil ? timing.retry * (1 + ElectionTiming.jitter * random) : timing.retry)
    }

    private mutating func loseIfLeader(_ effects: inout [ElectionEffect]) {
        if leadsUntil != nil { lose(&effects) }
    }

    private mutating func lose(_ effects: inout [ElectionEffect]) {
        role = .former
        effects.append(.lose)
    }

    private mutating func end(_ effects: inout [ElectionEffect]) {
        role = .former
        hasEnded = true
        effects.append(.end)
    }
}

/// What happens to an elector.
enum ElectionInput: Sendable {
    /// A moment that was asked for has come, or it is time to begin.
    case wake
    /// The lease was read; `nil` where there is none.
    case read(LeaseRecord?)
    /// A claim was granted, and this is the lease now.
    case granted(LeaseRecord)
    /// Somebody else changed, created or deleted the lease first: it must be read again.
    case conflict
    /// The server could not be asked, or would not say.
    case failed
    /// The work is over, or is not to begin: give the lease back, and end.
    case stop
}

/// What an elector wants done. At most one of `read` and `claim` is under way at a time.
enum ElectionEffect: Sendable, Equatable {
    case read
    case claim(LeaseClaim)
    /// The work may begin.
    case lead
    /// The work must end now.
    case lose
    /// Nothing is left to do.
    case end
}

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
