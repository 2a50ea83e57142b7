import Synchronization

/// Wakes one waiter; raised while nobody waits, it is remembered once.
final class Signal: Sendable {
    private enum State {
        case down, raised
        case awaited(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.down)

    func raise() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if case .awaited(let waiter) = state {
                state = .down
                return waiter
            }
            state = .raised
            return nil
        }
        waiter?.resume()
    }

    /// Returns when the signal is raised, or was since the last wait, or when the task is cancelled. One waiter at a
    /// time: an earlier one is woken.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let woken = state.withLock { state -> CheckedContinuation<Void, Never>? in
                    switch state {
                    case .raised:
                        state = .down
                        return continuation
                    case .awaited(let earlier):
                        state = .awaited(continuation)
                        return earlier
                    case .down:
                        guard !Task.isCancelled else { return continuation }
                        state = .awaited(continuation)
                        return nil
                    }
                }
                woken?.resume()
            }
        } onCancel: {
            raise()
        }
    }

    /// As `wait`, but no longer than until `deadline`.
    func wait(until deadline: ContinuousClock.Instant) async {
        await withTaskGroup { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
            await group.next()
            group.cancelAll()
        }
    }
}
