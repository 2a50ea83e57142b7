internal import Synchronization

/// Wakes one waiter; sent while nobody waits, the next one.
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
    package func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if case .sent = state {
                        state = .idle
                        return true
                    }
                    if Task.isCancelled { return false }
                    state = .awaited(continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
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
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.wait() }
            if let deadline { group.addTask { try? await time.sleep(deadline) } }
            await group.next()
            group.cancelAll()
        }
    }
}
