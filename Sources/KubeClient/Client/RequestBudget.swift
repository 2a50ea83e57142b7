internal import Basics
internal import Synchronization

/// Which requests to the API server go next, and when: no more under way at once than a limit, no more a second than a rate,
/// namespaces in turn, and what may wait after what somebody waits for. Pure: the time comes from the caller.
struct RequestBudget: Sendable {
    typealias Ticket = UInt64

    enum Input: Sendable, Equatable {
        /// A request wants to go.
        /// - flow: whose it is; none waits for more than one request of each of the others.
        /// - yields: others go first where not all can.
        case ask(Ticket, flow: String, yields: Bool)
        /// One that asked does not want to any more.
        case withdraw(Ticket)
        /// One that went has its answer.
        case finished
        /// Time has passed.
        case tick
    }

    private let limit: Int
    private var bucket: TokenBucket?
    private var underWay = 0
    private var waiting: Set<Ticket> = []
    private var pressing = FairQueue<String, Ticket>()
    private var yielding = FairQueue<String, Ticket>()
    /// Since one that yields went.
    private var pressingInARow = 0

    /// Of so many one is given to what yields, so that it never stands still.
    private static let share = 8

    /// - Parameters:
    ///   - limit: most requests under way at once.
    ///   - bucket: requests a second, and at once; `nil` for no limit of that kind.
    init(limit: Int, bucket: TokenBucket?) {
        self.limit = max(1, limit)
        self.bucket = bucket
    }

    /// - Returns: those that may go now, in this order.
    mutating func handle(_ input: Input, at now: Duration) -> [Ticket] {
        switch input {
        case .ask(let ticket, let flow, let yields):
            waiting.insert(ticket)
            if yields { yielding.append(ticket, to: flow) } else { pressing.append(ticket, to: flow) }
        case .withdraw(let ticket): waiting.remove(ticket)
        case .finished: underWay -= 1
        case .tick: break
        }
        var granted: [Ticket] = []
        while !waiting.isEmpty, underWay < limit, bucket?.take(at: now) ?? true, let ticket = next() {
            underWay += 1
            granted.append(ticket)
        }
        return granted
    }

    /// When the next may go, where nothing but the rate keeps it; `nil` where none waits for that.
    func nextWake(at now: Duration) -> Duration? {
        guard !waiting.isEmpty, underWay < limit, let bucket else { return nil }
        return now + bucket.delay(at: now)
    }

    /// The first that still wants to go.
    private mutating func next() -> Ticket? {
        while true {
            let isTheirTurn = pressing.isEmpty || !yielding.isEmpty && pressingInARow >= Self.share - 1
            pressingInARow = isTheirTurn ? 0 : pressingInARow + 1
            guard let ticket = isTheirTurn ? yielding.popFirst() : pressing.popFirst() else { return nil }
            if waiting.remove(ticket) != nil { return ticket }
        }
    }
}

/// Lets requests go as a `RequestBudget` says: its shell. There is no task behind it; of those that wait for the rate the one
/// that watches the clock tells the others.
final class BudgetGate: Sendable {
    private struct State {
        var budget: RequestBudget
        var waiters: [RequestBudget.Ticket: Signal] = [:]
        var timekeeper: RequestBudget.Ticket?
        var lastTicket: RequestBudget.Ticket = 0

        /// - Returns: whom to wake.
        mutating func handle(_ input: RequestBudget.Input, at now: Duration) -> [Signal] {
            let wake = budget.nextWake(at: now)
            var woken = budget.handle(input, at: now).compactMap { waiters.removeValue(forKey: $0) }
            let isOrphaned = timekeeper.map { waiters[$0] == nil } ?? true
            if isOrphaned { timekeeper = waiters.first?.key }
            // Whoever watches the clock from now on, or has to look at it anew.
            if let timekeeper, isOrphaned || budget.nextWake(at: now) != wake, let signal = waiters[timekeeper] {
                woken.append(signal)
            }
            return woken
        }
    }

    private let state: Mutex<State>
    private let time: Timepiece

    init(_ budget: RequestBudget, time: Timepiece) {
        state = Mutex(State(budget: budget))
        self.time = time
    }

    /// Returns when a request may go; `leave` is to follow.
    ///
    /// - Returns: `false` where the task was cancelled first: then it may not go.
    func pass(flow: String, yields: Bool) async -> Bool {
        let now = time.now()
        let signal = Signal()
        let (ticket, woken) = state.withLock { state in
            state.lastTicket += 1
            let ticket = state.lastTicket
            state.waiters[ticket] = signal
            return (ticket, state.handle(.ask(ticket, flow: flow, yields: yields), at: now))
        }
        for signal in woken { signal.send() }
        while true {
            let (isWaiting, deadline) = state.withLock { state in
                (state.waiters[ticket] != nil, state.timekeeper == ticket ? state.budget.nextWake(at: time.now()) : nil)
            }
            guard isWaiting else { return true }
            await signal.wait(until: deadline, time)
            if Task.isCancelled { return !withdraw(ticket) }
            change(.tick)
        }
    }

    /// How many wait.
    var waiters: Int { state.withLock { $0.waiters.count } }

    /// A request that went has its answer, or has come to nothing.
    func leave() { change(.finished) }

    /// - Returns: whether it was in time: else the request may go, whatever becomes of it.
    private func withdraw(_ ticket: RequestBudget.Ticket) -> Bool {
        let now = time.now()
        let (isWithdrawn, woken) = state.withLock { state in
            guard state.waiters.removeValue(forKey: ticket) != nil else { return (false, [Signal]()) }
            return (true, state.handle(.withdraw(ticket), at: now))
        }
        for signal in woken { signal.send() }
        return isWithdrawn
    }

    private func change(_ input: RequestBudget.Input) {
        let now = time.now()
        for signal in state.withLock({ $0.handle(input, at: now) }) { signal.send() }
    }
}
