/// Makes single exchanges with a store until one succeeds or `RetryPolicy` says stop: the one place that repeats.
struct Exchanges: Sendable {
    let gate: TransferGate
    let policy: RetryPolicy
    let meter: TransferMeter
    let onEvent: TransferEventHandler

    enum Admission {
        /// Waits for its turn, and holds bytes of buffers meanwhile.
        case queued(bytes: Int)
        /// Begins at once and counts nowhere, for an exchange that waits for others.
        case free
    }

    /// Runs `attempt` when the gate allows. Where the next attempt `resumes` behind
    /// what was moved, one that got further starts the count of failures anew.
    func perform<Success: Sendable>(
        _ object: String, admission: Admission, counting counter: (any PayloadCounter)? = nil, resumes: Bool = false,
        _ attempt: () async throws(TransferError) -> Success
    ) async throws(TransferError) -> Success {
        var failures = 0
        while true {
            if case .queued(let bytes) = admission { try await gate.enter(object, bytes: bytes) }
            let before = counter?.movedBytes ?? 0
            do throws(TransferError) {
                let success = try await attempt()
                if case .queued(let bytes) = admission {
                    await gate.leave(bytes: bytes, moved: (counter?.movedBytes ?? 0) - before)
                }
                if failures > 0 { await gate.succeeded() }
                return success
            } catch {
                if case .queued(let bytes) = admission { await gate.leave(bytes: bytes, moved: 0) }
                if Task.isCancelled { throw .cancelled(object) }
                failures = resumes && (counter?.movedBytes ?? 0) > before ? 1 : failures + 1
                try await pause(after: failures, error)
            }
        }
    }

    func perform<Success: Sendable>(
        _ object: String, bytes: Int, counting counter: (any PayloadCounter)? = nil, resumes: Bool = false,
        _ attempt: () async throws(TransferError) -> Success
    ) async throws(TransferError) -> Success {
        try await perform(object, admission: .queued(bytes: bytes), counting: counter, resumes: resumes, attempt)
    }

    /// Returns when the exchange may be made again; throws when it may not.
    private func pause(after failures: Int, _ error: TransferError) async throws(TransferError) {
        let kind = RetryPolicy.classify(error)
        guard kind == .transient || kind == .throttled else { throw error }
        guard failures < policy.attempts else { throw error.exhausted("after \(failures) tries") }
        guard await gate.takeRetry() else { throw error.exhausted("because all transfers together failed too often") }
        let pause = policy.pause(after: failures, error: error, random: .random(in: 0..<1))
        meter.update { $0.retries += 1 }
        onEvent(.retrying(error, attempt: failures, after: pause))
        if kind == .throttled {
            await gate.throttle(for: pause)
        } else {
            do { try await Task.sleep(for: pause) } catch _ { throw .cancelled(error.object) }
        }
    }
}

/// Knows how much payload an exchange has moved so far.
protocol PayloadCounter: AnyObject {
    var movedBytes: Int64 { get }
}

extension TransferError {
    /// The same failure, given up on: its cause stays the reason where that tells more than "exhausted".
    fileprivate func exhausted(_ why: String) -> TransferError {
        TransferError(
            object: object, reason: .exhausted, message: "\(message); given up \(why)",
            hint: hint ?? "try again later")
    }
}
