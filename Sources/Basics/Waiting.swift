internal import Synchronization

/// Wakes one waiter; sent while nobody waits, the next one. One waiter at a time: an earlier one is woken.
package final class Signal: Sendable {
    private enum State {
        case idle
        case sent
        case awaited(CheckedContinuation<Bool, Never>)
    }

    private let state = Mutex(State.idle)

    package init() {}

    package func send() {
        let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard case .awaited(let waiter) = state else {
                state = .sent
                return nil
            }
            state = .idle
            return waiter
        }
        waiter?.resume(returning: true)
    }

    /// `false` when the task was cancelled first; what is sent then waits for the next waiter.
    @discardableResult
    package func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (woken, answer) = state.withLock { state -> (CheckedContinuation<Bool, Never>?, Bool) in
                    switch state {
                    case .sent:
                        state = .idle
                        return (continuation, true)
                    case _ where Task.isCancelled: return (continuation, false)
                    case .awaited(let earlier):
                        state = .awaited(continuation)
                        return (earlier, true)
                    case .idle:
                        state = .awaited(continuation)
                        return (nil, true)
                    }
                }
                woken?.resume(returning: answer)
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard case .awaited(let waiter) = state else { return nil }
                state = .idle
                return waiter
            }
            waiter?.resume(returning: false)
        }
    }
}

extension Signal {
    /// Returns when sent, when `time` reaches `deadline`, or when the task is cancelled.
    package func wait(until deadline: Duration?, _ time: Timepiece) async {
        guard let deadline else {
            await wait()
            return
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await time.sleep(deadline) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// However many callers want the same thing made, one makes it and all get the result. Where the one who makes it is
/// cancelled, another takes over.
package final class SingleFlight<Value: Sendable, Failure: Error>: Sendable {
    package typealias Outcome = Result<Value, Failure>

    private struct State {
        var isRunning = false
        var next = 0
        /// `nil`: whoever made it was cancelled.
        var waiting: [Int: CheckedContinuation<Outcome?, Never>] = [:]
    }

    private let state = Mutex(State())
    private let cancelled: Failure
    private let isCancelled: @Sendable (Failure) -> Bool

    /// - Parameters:
    ///   - cancelled: thrown to a caller who is cancelled while waiting.
    ///   - isCancelled: whether a failure says that the one who made it was cancelled; it is not shared.
    package init(cancelled: Failure, isCancelled: @escaping @Sendable (Failure) -> Bool) {
        self.cancelled = cancelled
        self.isCancelled = isCancelled
    }

    /// Those who wait for another's result.
    package var followers: Int { state.withLock { $0.waiting.count } }

    package func run(_ make: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        while !Task.isCancelled {
            if state.withLock({ state in
                defer { state.isRunning = true }
                return !state.isRunning
            }) {
                return try await lead(make)
            }
            if let outcome = await follow() { return try outcome.get() }
        }
        throw cancelled
    }

    private func lead(_ make: () async throws(Failure) -> Value) async throws(Failure) -> Value {
        let outcome: Outcome
        do { outcome = .success(try await make()) } catch { outcome = .failure(error) }
        var shared: Outcome? = outcome
        if case .failure(let error) = outcome, isCancelled(error) { shared = nil }
        let waiting = state.withLock { state in
            state.isRunning = false
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: shared) }
        return try outcome.get()
    }

    /// What the one under way makes; `nil` where there is none any more, or the caller is cancelled.
    private func follow() async -> Outcome? {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if Task.isCancelled || !state.isRunning { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume(returning: nil) }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: nil)
        }
    }
}
