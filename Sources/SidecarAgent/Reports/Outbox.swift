import Basics
import WorkdirProtocol

/// The reports one destination is still to get: kept in order, bounded, each tried until it is delivered or refused; a
/// terminal one until it is delivered, whatever the answer: a token or a route may be missing for a moment only.
/// Decides alone; clock, randomness and network are the caller's.
struct Outbox: Sendable {
    /// What to do next. Moments are those of any clock that does not go back.
    enum Step: Sendable, Equatable {
        case send(StateReport)
        case wait(until: Duration)
        /// Nothing to do until a report comes.
        case rest
    }

    /// What an attempt came to.
    enum Settlement: Sendable, Equatable {
        /// The destination has everything up to this sequence.
        case delivered(through: Int64)
        /// The destination will never take it.
        case refused(StateReport, String)
        case postponed(by: Duration, String)
    }

    /// Reports held; beyond it the oldest custom value goes.
    static let limit = 64
    private static let firstPause = Duration.milliseconds(500)
    static let longestPause = Duration.seconds(30)
    /// The longest pause once the agent wants to leave.
    private static let hurriedPause = Duration.seconds(1)
    /// Servers may ask for more than we grant.
    private static let longestRetryAfter = Duration.seconds(300)

    private(set) var queue: [StateReport]
    /// Failed attempts of the first report.
    private var attempts = 0
    private var notBefore: Duration?
    private var isSending = false
    private var isHurrying = false
    /// How often reports may be sent, where the destination is not there for them alone.
    private var pace: TokenBucket?

    /// Begins with what an earlier life of the agent left undelivered.
    init(_ reports: [StateReport] = [], pace: TokenBucket? = nil) {
        queue = reports
        self.pace = pace
    }

    var isEmpty: Bool { queue.isEmpty }

    /// Adds a report, unless it is here already; returns the one that had to go for it.
    mutating func add(_ report: StateReport) -> StateReport? {
        guard report.sequence > queue.last?.sequence ?? 0 else { return nil }
        queue.append(report)
        guard queue.count > Self.limit else { return nil }
        // The first may be on its way, the last is news.
        let middle = queue.indices.dropFirst().dropLast()
        let victim = middle.first { queue[$0].isCustom } ?? middle.first { !queue[$0].terminal }
        return victim.map { queue.remove(at: $0) }
    }

    mutating func next(at now: Duration) -> Step {
        guard let first = queue.first, !isSending else { return .rest }
        if let notBefore, notBefore > now { return .wait(until: notBefore) }
        if !isHurrying, let delay = pace?.delay(at: now), delay > .zero { return .wait(until: now + delay) }
        pace?.reserve(at: now)
        isSending = true
        return .send(first)
    }

    /// The attempt is over. `random` is uniform in 0..<1.
    mutating func settle(
        _ outcome: DeliveryOutcome, at now: Duration, random: Double
    ) -> Settlement? {
        isSending = false
        guard let first = queue.first else { return nil }
        attempts += 1
        switch outcome {
        case .delivered:
            removeFirst()
            return .delivered(through: first.sequence)
        case .refused(let reason):
            guard first.terminal else {
                removeFirst()
                return .refused(first, reason)
            }
            return postpone(atLeast: nil, reason, at: now, random: random)
        case .failed(let reason, let retryAfter):
            return postpone(atLeast: retryAfter, reason, at: now, random: random)
        }
    }

    /// The agent wants to leave: what waits is due now, and pauses stay short.
    mutating func hurry() {
        isHurrying = true
        notBefore = nil
        attempts = min(attempts, 1)
    }

    private mutating func removeFirst() {
        queue.removeFirst()
        attempts = 0
        notBefore = nil
    }

    private mutating func postpone(
        atLeast asked: Duration?, _ reason: String, at now: Duration, random: Double
    ) -> Settlement {
        let cap = isHurrying ? Self.hurriedPause : Self.longestPause
        let ceiling = min(cap, Self.firstPause * (1 << min(attempts - 1, 16)))
        let floor = isHurrying ? Duration.zero : min(asked ?? .zero, Self.longestRetryAfter)
        let pause = max(floor, ceiling * random)
        notBefore = now + pause
        return .postponed(by: pause, reason)
    }
}

extension StateReport {
    /// A value of the user's own, of which newer ones make older ones less worth telling.
    var isCustom: Bool { !terminal && !Self.knownStates.contains(state) }

    private static let knownStates: Set = [
        StepState.initializing, StepState.started, StepState.terminating, StepState.done, StepState.error,
        StepState.killed, StateValue.running, StateValue.success,
    ]
}
