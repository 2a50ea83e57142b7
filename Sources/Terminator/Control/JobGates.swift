/// Lets one task at a time count a Job's restarts and add to them, so that two pods never spend the same one.
actor JobGates {
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// Runs `body` when no other runs for the Job with that uid.
    nonisolated func pass<Value: Sendable>(
        _ job: String, _ body: @Sendable () async throws -> Value
    ) async rethrows -> Value {
        await enter(job)
        do {
            let value = try await body()
            await leave(job)
            return value
        } catch {
            await leave(job)
            throw error
        }
    }

    private func enter(_ job: String) async {
        guard waiting[job] != nil else {
            waiting[job] = []
            return
        }
        await withCheckedContinuation { waiting[job, default: []].append($0) }
    }

    private func leave(_ job: String) {
        guard var queue = waiting[job], !queue.isEmpty else {
            waiting[job] = nil
            return
        }
        let next = queue.removeFirst()
        waiting[job] = queue
        next.resume()
    }
}
