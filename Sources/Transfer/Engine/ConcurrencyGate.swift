internal import Basics

/// Lets requests start as `SlotQueue` decides, and shares one retry budget among them.
actor ConcurrencyGate {
    private var slots: SlotQueue
    private var budget: RetryBudget
    private var waiting: [SlotQueue.Ticket: CheckedContinuation<Bool, Never>] = [:]
    private var tickets: SlotQueue.Ticket = 0
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now

    init(memory: Int, maximumConcurrency: Int, retries: Int) {
        slots = SlotQueue(memory: memory, maximumConcurrency: maximumConcurrency)
        budget = RetryBudget(retries)
    }

    /// Returns when a request that holds `bytes` of buffers may start; `leave` must follow. Throws `.cancelled` when
    /// the task is cancelled first.
    func enter(_ object: String, bytes: Int) async throws(TransferError) {
        tickets += 1
        let ticket = tickets
        let effects = slots.handle(.wants(ticket, bytes: bytes))
        if effects == [.grant(ticket)] { return }
        perform(effects)
        let granted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    perform(slots.handle(.withdrawn(ticket)))
                    continuation.resume(returning: false)
                } else {
                    waiting[ticket] = continuation
                }
            }
        } onCancel: {
            // The handler cannot wait for the actor; the task it starts does nothing if the ticket is gone.
            Task { await self.withdraw(ticket) }
        }
        if !granted { throw .cancelled(object) }
    }

    func leave(bytes: Int, moved: Int64) {
        perform(slots.handle(.finished(bytes: bytes, moved: moved, now: clock.now - start)))
    }

    /// Runs `body` while it holds `bytes`.
    nonisolated func holding<Success: Sendable>(
        _ object: String, bytes: Int, _ body: () async throws(TransferError) -> Success
    ) async throws(TransferError) -> Success {
        try await enter(object, bytes: bytes)
        do throws(TransferError) {
            let success = try await body()
            await leave(bytes: bytes, moved: Int64(bytes))
            return success
        } catch {
            await leave(bytes: bytes, moved: 0)
            throw error
        }
    }

    /// Freezes every start for `pause`.
    func throttle(for pause: Duration) {
        perform(slots.handle(.throttled(until: clock.now - start + pause)))
    }

    /// Whether one more retry is within the shared budget.
    func takeRetry() -> Bool { budget.take() }
    func succeeded() { budget.succeed() }

    private func withdraw(_ ticket: SlotQueue.Ticket) {
        guard let continuation = waiting.removeValue(forKey: ticket) else { return }
        perform(slots.handle(.withdrawn(ticket)))
        continuation.resume(returning: false)
    }

    private func perform(_ effects: [SlotQueue.Effect]) {
        for effect in effects {
            switch effect {
            case .grant(let ticket): waiting.removeValue(forKey: ticket)?.resume(returning: true)
            case .wake(let moment):
                // Sleeps beside the actor's callers, none of whom may wait for it; ends by itself.
                Task { [clock, start] in
                    try? await clock.sleep(until: start + moment)
                    self.wake()
                }
            }
        }
    }

    private func wake() { perform(slots.handle(.woke(now: clock.now - start))) }
}

extension TransferError {
    static func cancelled(_ object: String) -> TransferError {
        TransferError(object: object, reason: .cancelled, message: "stopped before it was complete")
    }
}

/// Who may start a request now: one queue in order of arrival, an adaptive limit, one budget of buffer bytes, and a
/// freeze of all when a store asks for less. Pure: time is a `Duration` since any fixed moment.
struct SlotQueue: Sendable {
    typealias Ticket = UInt64

    enum Input: Sendable, Equatable {
        /// A request wants to start that holds `bytes` of buffers.
        case wants(Ticket, bytes: Int)
        /// One that waited has gone away.
        case withdrawn(Ticket)
        /// One that had a slot is over; `moved` counts payload.
        case finished(bytes: Int, moved: Int64, now: Duration)
        /// Nothing may start before `until`.
        case throttled(until: Duration)
        /// The time an earlier `.wake` asked for has come.
        case woke(now: Duration)
    }

    enum Effect: Sendable, Equatable {
        case grant(Ticket)
        case wake(at: Duration)
    }

    private var concurrency: AdaptiveLimit
    private let memory: Int
    private var running = 0
    private var reserved = 0
    private var frozenUntil: Duration?
    private var queue: [(ticket: Ticket, bytes: Int)] = []
    private var head = 0

    init(memory: Int, maximumConcurrency: Int) {
        self.memory = memory
        concurrency = AdaptiveLimit(maximum: maximumConcurrency)
    }

    var limit: Int { concurrency.limit }

    mutating func handle(_ input: Input) -> [Effect] {
        switch input {
        case .wants(let ticket, let bytes): queue.append((ticket, bytes))
        case .withdrawn(let ticket):
            if let index = queue[head...].firstIndex(where: { $0.ticket == ticket }) { queue.remove(at: index) }
        case .finished(let bytes, let moved, let now):
            running -= 1
            reserved -= bytes
            concurrency.finished(bytes: moved, saturated: head < queue.count, now: now)
        case .throttled(let until):
            // A storm answers many requests at once: it halves the limit once, and then only lasts longer.
            if frozenUntil == nil { concurrency.throttled() }
            guard until > frozenUntil ?? .zero else { return [] }
            frozenUntil = until
            return [.wake(at: until)]
        case .woke(let now):
            guard let until = frozenUntil, now >= until else { return [] }
            frozenUntil = nil
        }
        return grant()
    }

    private mutating func grant() -> [Effect] {
        guard frozenUntil == nil else { return [] }
        var effects: [Effect] = []
        while head < queue.count, running < concurrency.limit {
            let next = queue[head]
            // One that is larger than the whole budget runs alone.
            guard reserved + next.bytes <= memory || running == 0 else { break }
            head += 1
            running += 1
            reserved += next.bytes
            effects.append(.grant(next.ticket))
        }
        if head > 256, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        return effects
    }
}
