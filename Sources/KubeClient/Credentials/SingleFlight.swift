internal import Synchronization

/// However many callers want the same thing made, one makes it and all get the result. Where the one who makes it is
/// cancelled, another takes over.
final class SingleFlight<Value: Sendable>: Sendable {
    typealias Outcome = Result<Value, KubeError>

    private struct State {
        var isRunning = false
        var next = 0
        /// `nil`: whoever made it was cancelled.
        var waiting: [Int: CheckedContinuation<Outcome?, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Those who wait for another's result.
    var followers: Int { state.withLock { $0.waiting.count } }

    func run(_ make: () async throws(KubeError) -> Value) async throws(KubeError) -> Value {
        while !Task.isCancelled {
            if state.withLock({ state in
                defer { state.isRunning = true }
                return !state.isRunning
            }) {
                return try await lead(make)
            }
            if let outcome = await follow() { return try outcome.get() }
        }
        throw KubeError(attempted: "wait for another's answer", reason: .cancelled)
    }

    private func lead(_ make: () async throws(KubeError) -> Value) async throws(KubeError) -> Value {
        let outcome: Outcome
        do { outcome = .success(try await make()) } catch { outcome = .failure(error) }
        var shared: Outcome? = outcome
        if case .failure(let error) = outcome, case .cancelled = error.reason { shared = nil }
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
