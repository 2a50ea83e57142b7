/// Lets exchanges start as `Admission` decides, and shares one retry budget among them.
actor TransferGate {
    private var admission: Admission
    private var budget: RetryBudget
    private var waiting: [Admission.Ticket: CheckedContinuation<Bool, Never>] = [:]
    private var tickets: Admission.Ticket = 0
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now

    init(memory: Int, maximumConcurrency: Int, retries: Int) {
        admission = Admission(memory: memory, maximumConcurrency: maximumConcurrency)
        budget = RetryBudget(retries)
    }

    /// Returns when an exchange that holds `bytes` of buffers may start; `leave` must follow. Throws `.cancelled` when
    /// the task is cancelled first.
    func enter(_ object: String, bytes: Int) async throws(TransferError) {
        tickets += 1
        let ticket = tickets
        let effects = admission.handle(.wants(ticket, bytes: bytes))
        if effects == [.admit(ticket)] { return }
        perform(effects)
        let admitted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    perform(admission.handle(.withdrawn(ticket)))
                    continuation.resume(returning: false)
                } else {
                    waiting[ticket] = continuation
                }
            }
        } onCancel: {
            // The handler cannot wait for the actor; the task it starts does nothing if the ticket is gone.
            Task { await self.withdraw(ticket) }
        }
        if !admitted { throw .cancelled(object) }
    }

    func leave(bytes: Int, moved: Int64) {
        perform(admission.handle(.finished(bytes: bytes, moved: moved, now: clock.now - start)))
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
        perform(admission.handle(.throttled(until: clock.now - start + pause)))
    }

    /// Whether one more retry is within the shared budget.
    func takeRetry() -> Bool { budget.take() }
    func succeeded() { budget.succeed() }

    private func withdraw(_ ticket: Admission.Ticket) {
        guard let continuation = waiting.removeValue(forKey: ticket) else { return }
        perform(admission.handle(.withdrawn(ticket)))
        continuation.resume(returning: false)
    }

    private func perform(_ effects: [Admission.Effect]) {
        for effect in effects {
            switch effect {
            case .admit(let ticket): waiting.removeValue(forKey: ticket)?.resume(returning: true)
            case .wake(let moment):
                // Sleeps beside the actor's callers, none of whom may wait for it; ends by itself.
                Task { [clock, start] in
                    try? await clock.sleep(until: start + moment)
                    self.wake()
                }
            }
        }
    }

    private func wake() { perform(admission.handle(.woke(now: clock.now - start))) }
}

extension TransferError {
    static func cancelled(_ object: String) -> TransferError {
        TransferError(object: object, reason: .cancelled, message: "stopped before it was complete")
    }
}
