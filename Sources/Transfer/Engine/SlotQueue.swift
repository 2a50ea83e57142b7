/// Who may start a request now. Each server has a lane: a queue in order of arrival, a limit that adapts, and a freeze
/// when it asks for less, so that a busy one holds nobody up but its own. All lanes share the most requests at once and
/// one budget of buffer bytes, and take turns. Pure: time is a `Duration` since any fixed moment.
struct SlotQueue: Sendable {
    typealias Ticket = UInt64

    /// What a request takes up while it runs.
    struct Claim: Sendable, Equatable {
        /// See `SlotQueue.lane(of:)`.
        var lane: String
        /// Of buffers.
        var bytes: Int
        /// Units of the lane's limit.
        var weight = 1
    }

    enum Input: Sendable, Equatable {
        case wants(Ticket, Claim)
        /// One that waited has gone away.
        case withdrawn(Ticket, lane: String)
        /// One that had a slot is over; `latency` as `AdaptiveLimit.finished` takes it.
        case finished(Claim, latency: Duration?)
        /// Nothing may start in the lane before `until`.
        case throttled(lane: String, until: Duration)
        /// The time an earlier `.wake` asked for has come.
        case woke(now: Duration)
    }

    enum Effect: Sendable, Equatable {
        case grant(Ticket)
        case wake(at: Duration)
    }

    private struct Lane: Sendable {
        var limit: AdaptiveLimit
        var running = 0
        var units = 0
        var frozenUntil: Duration?
        var queue: [(ticket: Ticket, claim: Claim)] = []
        var head = 0

        /// The next that its own lane lets start.
        var next: (ticket: Ticket, claim: Claim)? {
            guard frozenUntil == nil, head < queue.count else { return nil }
            let next = queue[head]
            return units == 0 || units + next.claim.weight <= limit.limit ? next : nil
        }

        mutating func start() {
            units += queue[head].claim.weight
            running += 1
            head += 1
            guard head > 256, head * 2 > queue.count else { return }
            queue.removeFirst(head)
            head = 0
        }
    }

    private let memory: Int
    private let maximum: Int
    private var running = 0
    private var reserved = 0
    private var lanes: [String: Lane] = [:]
    /// In turn.
    private var order: [String] = []
    private var turn = 0

    init(memory: Int, maximumConcurrency: Int) {
        self.memory = memory
        maximum = max(1, maximumConcurrency)
    }

    func limit(of lane: String) -> Int? { lanes[lane]?.limit.limit }

    /// Lanes that wait for an answer, with how many requests.
    var waitingFor: [(lane: String, requests: Int)] {
        order.compactMap { name in lanes[name].flatMap { $0.running > 0 ? (name, $0.running) : nil } }
    }

    /// The server that an object's URL names: what stands before its path. One lane for all that is local.
    static func lane(of object: String) -> String {
        guard let scheme = object.firstRange(of: "://") else { return "" }
        return String(
            object[..<(object[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" } ?? object.endIndex)])
    }

    mutating func handle(_ input: Input) -> [Effect] {
        switch input {
        case .wants(let ticket, let claim):
            if lanes[claim.lane] == nil { open(claim.lane) }
            lanes[claim.lane]?.queue.append((ticket, claim))
        case .withdrawn(let ticket, let name):
            guard let lane = lanes[name],
                let index = lane.queue[lane.head...].firstIndex(where: { $0.ticket == ticket })
            else { return [] }
            lanes[name]?.queue.remove(at: index)
        case .finished(let claim, let latency):
            running -= 1
            reserved -= claim.bytes
            let isHeldBack = lanes[claim.lane].map { $0.head < $0.queue.count } ?? false
            lanes[claim.lane]?.running -= 1
            lanes[claim.lane]?.units -= claim.weight
            lanes[claim.lane]?.limit.finished(after: latency, saturated: isHeldBack)
        case .throttled(let name, let until):
            if lanes[name] == nil { open(name) }
            // A storm answers many requests at once: it halves the limit once, and then only lasts longer.
            if lanes[name]?.frozenUntil == nil { lanes[name]?.limit.throttled() }
            guard until > lanes[name]?.frozenUntil ?? .zero else { return [] }
            lanes[name]?.frozenUntil = until
            return [.wake(at: until)]
        case .woke(let now):
            for name in order where lanes[name]?.frozenUntil.map({ $0 <= now }) == true {
                lanes[name]?.frozenUntil = nil
            }
        }
        return grant()
    }

    private mutating func open(_ name: String) {
        // Object stores are made for hundreds of clients; a web server may be anything, and some count connections; a disk
        // writes no faster for many.
        let (initial, most) = name.isEmpty ? (8, 16) : name.begins(with: "http") ? (32, maximum) : (64, maximum)
        lanes[name] = Lane(limit: AdaptiveLimit(initial: initial, maximum: min(most, maximum)))
        order.append(name)
    }

    private mutating func grant() -> [Effect] {
        var effects: [Effect] = []
        var passed = 0
        while passed < order.count, running < maximum {
            turn = (turn + 1) % order.count
            guard let next = lanes[order[turn]]?.next else {
                passed += 1
                continue
            }
            // What is larger than the whole budget runs alone; nobody overtakes what waits for room.
            guard reserved + next.claim.bytes <= memory || running == 0 else { break }
            passed = 0
            lanes[order[turn]]?.start()
            running += 1
            reserved += next.claim.bytes
            effects.append(.grant(next.ticket))
        }
        return effects
    }
}
