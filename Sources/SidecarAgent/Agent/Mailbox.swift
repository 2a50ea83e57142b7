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

/// Inputs not yet handled, in order. Bounded: main may write `state` faster than anything can be reported, and then its
/// oldest waiting words go; nothing else ever does.
struct InputQueue: Sendable, Equatable {
    private static let limit = 1024

    private var inputs: [LifecycleInput] = []

    var isEmpty: Bool { inputs.isEmpty }
    var count: Int { inputs.count }

    mutating func append(_ input: LifecycleInput) {
        if inputs.count >= Self.limit, let oldest = inputs.firstIndex(where: Self.mayGo) { inputs.remove(at: oldest) }
        inputs.append(input)
    }

    mutating func takeAll() -> [LifecycleInput] {
        defer { inputs = [] }
        return inputs
    }

    /// Whatever main can produce without end.
    private static func mayGo(_ input: LifecycleInput) -> Bool {
        switch input {
        case .state, .attempt, .started, .done: true
        default: false
        }
    }
}
