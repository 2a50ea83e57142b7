internal import Basics

/// Lets requests start as `SlotQueue` decides, and shares a retry budget among those to one server.
actor ConcurrencyGate {
    /// One request's place among those that run; to be given back by `leave`.
    struct Place: Sendable {
        let claim: SlotQueue.Claim
        let began: ContinuousClock.Instant
    }

    private var slots: SlotQueue
    private let retries: Int
    private var budgets: [String: RetryBudget] = [:]
    private var waiting: [SlotQueue.Ticket: CheckedContinuation<Bool, Never>] = [:]
    private var tickets: SlotQueue.Ticket = 0
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now

    init(memory: Int, maximumConcurrency: Int, retries: Int) {
        slots = SlotQueue(memory: memory, maximumConcurrency: maximumConcurrency)
        self.retries = retries
    }

    /// Returns when a request that holds `bytes` of buffers may start; `leave` must follow. Throws `.cancelled` when
    /// the task is cancelled first.
    func enter(_ object: String, bytes: Int, weight: Int = 1) async throws(TransferError) -> Place {
        tickets += 1
        let ticket = tickets
        let claim = SlotQueue.Claim(lane: SlotQueue.lane(of: object), bytes: bytes, weight: weight)
        let effects = slots.handle(.wants(ticket, claim))
        if effects == [.grant(ticket)] { return Place(claim: claim, began: clock.now) }
        perform(effects)
        let granted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    perform(slots.handle(.withdrawn(ticket, lane: claim.lane)))
                    continuation.resume(returning: false)
                } else {
                    waiting[ticket] = continuation
                }
            }
        } onCancel: {
            // The handler cannot wait for the actor; the task it starts does nothing if the ticket is gone.
            Task { await self.withdraw(ticket, claim.lane) }
        }
        if !granted { throw .cancelled(object) }
        return Place(claim: claim, began: clock.now)
    }

    /// - Parameters:
    ///   - succeeded: the request did: its server has more retries again.
    ///   - latency: until the first byte of the answer.
    func leave(_ place: Place, succeeded: Bool = false, latency: Duration? = nil) {
        if succeeded { budgets[place.claim.lane]?.succeed() }
        perform(slots.handle(.finished(place.claim, latency: latency)))
    }

    /// Runs `body` while it holds `bytes`.
    nonisolated func holding<Success: Sendable>(
        _ object: String, bytes: Int, _ body: () async throws(TransferError) -> Success
    ) async throws(TransferError) -> Success {
        let place = try await enter(object, bytes: bytes)
        do throws(TransferError) {
            let success = try await body()
            await leave(place)
            return success
        } catch {
            await leave(place)
            throw error
        }
    }

    /// Freezes every start with the object's server for `pause`.
    func throttle(_ object: String, for pause: Duration) {
        perform(slots.handle(.throttled(lane: SlotQueue.lane(of: object), until: clock.now - start + pause)))
    }

    /// Whether one more retry is within the budget that the object's server has.
    func takeRetry(_ object: String) -> Bool {
        budgets[SlotQueue.lane(of: object), default: RetryBudget(retries)].take()
    }

    /// Servers that have been asked and have not answered yet.
    var waitingFor: [(lane: String, requests: Int)] { slots.waitingFor }

    private func withdraw(_ ticket: SlotQueue.Ticket, _ lane: String) {
        guard let continuation = waiting.removeValue(forKey: ticket) else { return }
        perform(slots.handle(.withdrawn(ticket, lane: lane)))
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
        TransferError(object, .cancelled, "stopped before it was complete")
    }
}
