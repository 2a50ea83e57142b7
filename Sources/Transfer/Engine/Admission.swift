/// Who may start an exchange now: one queue in order of arrival, an adaptive limit, one budget of buffer bytes, and a
/// freeze of all when a store asks for less. Pure: time is a `Duration` since any fixed moment.
struct Admission: Sendable {
    typealias Ticket = UInt64

    enum Input: Sendable, Equatable {
        /// An exchange wants to start that holds `bytes` of buffers.
        case wants(Ticket, bytes: Int)
        /// One that waited has gone away.
        case withdrawn(Ticket)
        /// An admitted one is over; `moved` counts payload.
        case finished(bytes: Int, moved: Int64, now: Duration)
        /// Nothing may start before `until`.
        case throttled(until: Duration)
        /// The time an earlier `.wake` asked for has come.
        case woke(now: Duration)
    }

    enum Effect: Sendable, Equatable {
        case admit(Ticket)
        case wake(at: Duration)
    }

    private var concurrency: AdaptiveLimit
    private let memory: Int
    private var running = 0
    private var reserved = 0
    private var frozenUntil: Duration?
    private var queue: [(ticket: Ticket, bytes: Int)] = []
    private var head = 0

    init(memory: Int, maximumConcurrency: Int) {
        self.memory = memory
        concurrency = AdaptiveLimit(maximum: maximumConcurrency)
    }

    var limit: Int { concurrency.limit }

    mutating func handle(_ input: Input) -> [Effect] {
        switch input {
        case .wants(let ticket, let bytes): queue.append((ticket, bytes))
        case .withdrawn(let ticket):
            if let index = queue[head...].firstIndex(where: { $0.ticket == ticket }) { queue.remove(at: index) }
        case .finished(let bytes, let moved, let now):
            running -= 1
            reserved -= bytes
            concurrency.finished(bytes: moved, saturated: head < queue.count, now: now)
        case .throttled(let until):
            // A storm answers many exchanges at once: it halves the limit once, and then only lasts longer.
            if frozenUntil == nil { concurrency.throttled() }
            guard until > frozenUntil ?? .zero else { return [] }
            frozenUntil = until
            return [.wake(at: until)]
        case .woke(let now):
            guard let until = frozenUntil, now >= until else { return [] }
            frozenUntil = nil
        }
        return admit()
    }

    private mutating func admit() -> [Effect] {
        guard frozenUntil == nil else { return [] }
        var effects: [Effect] = []
        while head < queue.count, running < concurrency.limit {
            let next = queue[head]
            // One that is larger than the whole budget runs alone.
            guard reserved + next.bytes <= memory || running == 0 else { break }
            head += 1
            running += 1
            reserved += next.bytes
            effects.append(.admit(next.ticket))
        }
        if head > 256, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        return effects
    }
}
