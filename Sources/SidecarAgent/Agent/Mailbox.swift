import Synchronization

/// Where everything that happens arrives, from any thread, and from where the agent takes it one by one.
final class Mailbox: Sendable {
    private let queue = Mutex(InputQueue())
    private let arrivals: AsyncStream<Void>
    private let arrived: AsyncStream<Void>.Continuation

    init() {
        (arrivals, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func post(_ input: LifecycleInput) {
        queue.withLock { $0.append(input) }
        arrived.yield()
    }

    /// Waits for inputs; `nil` when the calling task is cancelled. For one caller.
    func take() async -> [LifecycleInput]? {
        var iterator = arrivals.makeAsyncIterator()
        while true {
            let inputs = queue.withLock { $0.takeAll() }
            if !inputs.isEmpty { return inputs }
            guard await iterator.next() != nil else { return nil }
        }
    }
}
