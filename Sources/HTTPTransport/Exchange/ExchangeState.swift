/// The life of one exchange, from the moment it may use a connection until its end: what each event means and what is
/// to be done about it. Knows no socket and no clock.
struct ExchangeState: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Input: Sendable {
        /// A connection is ready and the request about to be written; again after a retry on a fresh connection.
        case connected
        /// What the request body gave.
        case source(HTTPSourceStep)
        case rewound(Bool)
        case headerLine(String)
        /// The sink's answer to the head.
        case began(HTTPSinkStep)
        /// Body bytes are there to be taken.
        case body(Int)
        /// The sink's answer to that many bytes.
        case took(Int, HTTPSinkStep)
        /// Sink or source can go on.
        case resumed
        case cancelled
        case clientClosed
        /// Time may have run out.
        case tick
    }

    enum Effect: Sendable, Equatable {
        case none
        case begin(HTTPResponseHead)
        case deliver
        /// Keep the data: the sink holds the transfer back.
        case hold
        case resume
        /// Answer libcurl with an error: the exchange ends with `verdict`.
        case stop
        /// Take the transfer away from libcurl: the exchange ends with `verdict`.
        case remove
    }

    enum Conclusion: Sendable, Equatable {
        case whole(HTTPResponseHead)
        case failed(TransportError.Reason)
    }

    enum Phase: Sendable, Equatable {
        case connecting
        case sending
        /// The request is out, nothing has come back.
        case waiting
        case receiving
    }

    struct Facts: Sendable {
        var timeouts: HTTPTimeouts
        var payload: RequestPlan.Payload
        var isHead: Bool
        var decodesBody: Bool
    }

    private(set) var phase = Phase.connecting
    /// Why the exchange ends, where that was decided here and not by libcurl. The first reason stays.
    private(set) var verdict: TransportError.Reason?
    private(set) var head: HTTPResponseHead?
    private let facts: Facts
    private let started: Instant
    private var parser = HeadParser()
    private var waitingSince: Instant?
    private var credit: StallCredit?
    private var sent: Int64 = 0
    private var hasSentAll = false
    private var sinkHolds = false
    private var sourceHolds = false
    private var received: Int64 = 0
    private var announced: Int64?

    init(_ facts: Facts, at now: Instant) {
        self.facts = facts
        started = now
        credit = facts.timeouts.stall.map { StallCredit(allowance: $0, rate: facts.timeouts.minimumRate) }
    }

    /// No byte of the request can have left.
    var nothingSent: Bool { phase == .connecting }

    /// The next moment at which `tick` has something to say.
    var deadline: Instant? { pendingTimeout?.deadline }

    mutating func handle(_ input: Input, at now: Instant) -> Effect {
        switch input {
        case .connected: return connected(at: now)
        case .source(let step): return source(step, at: now)
        case .rewound(let succeeded):
            sent = 0
            hasSentAll = false
            return succeeded ? .none : end(.bodySource("the body cannot be sent a second time"), by: .stop)
        case .headerLine(let line): return headerLine(line, at: now)
        case .began(let step): return answer(step, at: now)
        case .body(let count): return body(count, at: now)
        case .took(let count, let step):
            if step == .pause { received -= Int64(count) }
            return answer(step, at: now)
        case .resumed:
            guard sinkHolds || sourceHolds else { return .none }
            sinkHolds = false
            sourceHolds = false
            credit?.release(at: now)
            return .resume
        case .cancelled: return end(.cancelled, by: .remove)
        case .clientClosed: return end(.clientClosed, by: .remove)
        case .tick:
            guard let timeout = pendingTimeout, timeout.deadline <= now else { return .none }
            return end(.timeout(timeout.name), by: .remove)
        }
    }

    /// What the caller is told, once libcurl has let go of the transfer.
    func conclusion(_ outcome: CurlOutcome?) -> Conclusion {
        if let verdict { return .failed(verdict) }
        if let failure = outcome?.failure(in: phase) { return .failed(failure) }
        guard let outcome, var head else { return .failed(.malformedResponse("the response has no head")) }
        let count = facts.decodesBody ? outcome.wireBytes : received
        if let announced, announced != count {
            return .failed(.bodyLength("\(count) bytes of \(announced) arrived"))
        }
        head.trailers = parser.trailers
        return .whole(head)
    }
}

extension ExchangeState {
    private mutating func connected(at now: Instant) -> Effect {
        hasSentAll = bodyToSend == 0
        phase = hasSentAll ? .waiting : .sending
        waitingSince = now
        credit?.restart(at: now)
        return .none
    }

    private mutating func source(_ step: HTTPSourceStep, at now: Instant) -> Effect {
        switch step {
        case .filled(let count):
            credit?.moved(count, at: now)
            sent += Int64(count)
            // libcurl does not ask again once it has what was announced.
            if sent == bodyToSend { sentAll(at: now) }
            if let announced = bodyToSend, sent > announced {
                return end(.bodySource("gave more than the announced \(announced) bytes"), by: .stop)
            }
        case .end:
            if let announced = bodyToSend, sent < announced {
                return end(.bodySource("gave \(sent) of the announced \(announced) bytes"), by: .stop)
            }
            sentAll(at: now)
        case .pause:
            sourceHolds = true
            credit?.hold(at: now)
            return .hold
        case .fail(let why): return end(.bodySource(why), by: .stop)
        }
        return .none
    }

    private mutating func sentAll(at now: Instant) {
        hasSentAll = true
        guard phase == .sending else { return }
        phase = .waiting
        waitingSince = now
    }

    /// Bytes; `nil` where only the source knows the end.
    private var bodyToSend: Int64? {
        if case .upload(let length) = facts.payload { length } else { 0 }
    }

    private mutating func headerLine(_ line: String, at now: Instant) -> Effect {
        if phase == .waiting {
            phase = .receiving
            credit?.restart(at: now)
        } else {
            credit?.moved(line.utf8.count, at: now)
        }
        switch parser.consume(line) {
        case .more: return .none
        case .informational:
            phase = hasSentAll ? .waiting : .sending
            waitingSince = now
            return .none
        case .malformed(let why): return end(.malformedResponse(why), by: .stop)
        case .final(let head):
            phase = .receiving
            self.head = head
            // Of a second answer, what came of the first is forgotten.
            received = 0
            switch BodyLength.announced(by: head, toHead: facts.isHead) {
            case .success(let length): announced = length
            case .failure(let fault): return end(.malformedResponse(fault.message), by: .stop)
            }
            return .begin(head)
        }
    }

    private mutating func body(_ count: Int, at now: Instant) -> Effect {
        if sinkHolds { return .hold }
        guard head != nil else { return end(.malformedResponse("a body without a head"), by: .stop) }
        credit?.moved(count, at: now)
        received += Int64(count)
        if let announced, !facts.decodesBody, received > announced {
            return end(.bodyLength("more than the announced \(announced) bytes arrived"), by: .stop)
        }
        return .deliver
    }

    private mutating func answer(_ step: HTTPSinkStep, at now: Instant) -> Effect {
        switch step {
        case .proceed: return .none
        case .pause:
            sinkHolds = true
            credit?.hold(at: now)
            return .hold
        case .stop(let why): return end(.bodySink(why), by: .stop)
        }
    }

    private mutating func end(_ reason: TransportError.Reason, by effect: Effect) -> Effect {
        verdict = verdict ?? reason
        return effect
    }

    private var pendingTimeout: (deadline: Instant, name: String)? {
        let total = facts.timeouts.total.map { (deadline: started + $0, name: "total") }
        let phased: (deadline: Instant, name: String)? =
            switch phase {
            case .connecting: facts.timeouts.connect.map { (started + $0, "connect") }
            case .waiting: facts.timeouts.firstByte.map { ((waitingSince ?? started) + $0, "firstByte") }
            case .sending, .receiving: credit?.deadline.map { ($0, "stall") }
            }
        guard let total, let phased else { return total ?? phased }
        return phased.deadline <= total.deadline ? phased : total
    }
}

/// Tells when a transfer has been too slow for too long.
///
/// Credit is time: it runs out as time passes and every byte buys `1/rate` seconds back, up to the whole allowance. So a
/// transfer that stops fails exactly one allowance after its last bytes, one at half the rate after two, and one at or
/// above the rate never does; no timer has to fire in between. The clock stands still while the reader holds the
/// transfer back.
struct StallCredit: Sendable, Equatable {
    typealias Instant = ContinuousClock.Instant

    private let allowance: Duration
    /// Bytes a second.
    private let rate: Int
    private var left: Duration
    private var runningSince: Instant?

    init(allowance: Duration, rate: Int) {
        self.allowance = allowance
        self.rate = max(rate, 1)
        left = allowance
    }

    /// When the credit is used up; `nil` while the clock stands still.
    var deadline: Instant? { runningSince.map { $0 + left } }

    mutating func restart(at now: Instant) {
        left = allowance
        runningSince = now
    }

    mutating func hold(at now: Instant) {
        spend(until: now)
        runningSince = nil
    }

    mutating func release(at now: Instant) {
        if runningSince == nil { runningSince = now }
    }

    mutating func moved(_ bytes: Int, at now: Instant) {
        spend(until: now)
        left = min(allowance, left + .seconds(bytes) / rate)
    }

    private mutating func spend(until now: Instant) {
        guard let since = runningSince else { return }
        left -= since.duration(to: now)
        runningSince = now
    }
}
