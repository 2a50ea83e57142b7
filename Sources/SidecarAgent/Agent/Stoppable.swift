/// Work that somebody else can ask to stop: a task's cancellation, within structured concurrency.
final class Stoppable: Sendable {
    private let stops: AsyncStream<Never>
    private let stopping: AsyncStream<Never>.Continuation

    init() {
        (stops, stopping) = AsyncStream.makeStream()
    }

    /// Cancels the work, now or when it begins. Idempotent.
    func stop() { stopping.finish() }

    /// Runs `work` once and returns what it returns, also when it was cancelled.
    func run<Success: Sendable>(_ work: @escaping @Sendable () async -> Success) async -> Success? {
        await withTaskGroup(of: Success?.self) { group in
            group.addTask { await work() }
            group.addTask { [stops] in
                for await _ in stops {}
                return nil
            }
            var result: Success?
            for await ended in group {
                group.cancelAll()
                result = result ?? ended
            }
            return result
        }
    }
}
