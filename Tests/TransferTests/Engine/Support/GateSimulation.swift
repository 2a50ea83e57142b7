@testable import Transfer

/// Requests to one server in virtual time: what `SlotQueue` makes of a network and of a server that can do so much.
struct GateSimulation {
    struct Server {
        var roundTrip: Duration
        /// Of one request, by one of its workers.
        var service = Duration.milliseconds(1)
        var workers = 10_000
        /// More at once are answered with "slow down".
        var refusesBeyond = Int.max
    }

    struct Outcome {
        var elapsed = Duration.zero
        var refused = 0
        var mostAtOnce = 0
        var limit = 0

        func roundTrips(of server: Server) -> Double { elapsed / server.roundTrip }
    }

    private enum Event {
        case arrives(began: Duration)
        case answered(began: Duration)
        case refused
        case wakes
    }

    private static let lane = "s3://bucket"
    private static let claim = SlotQueue.Claim(lane: lane, bytes: 4096)
    private let server: Server
    private var slots: SlotQueue
    private var events: [(time: Duration, event: Event)] = []
    private var now = Duration.zero
    private var running = 0
    private var idleConnections = 0
    private var atServer = 0
    /// When each worker is free again.
    private var busyUntil: [Duration] = []
    private var outcome = Outcome()

    private init(_ server: Server, concurrency: Int) {
        self.server = server
        slots = SlotQueue(memory: 32 << 20, maximumConcurrency: concurrency)
    }

    static func run(_ requests: Int, _ server: Server, concurrency: Int = 256) -> Outcome {
        var simulation = GateSimulation(server, concurrency: concurrency)
        for ticket in 0..<requests { simulation.perform(simulation.slots.handle(.wants(UInt64(ticket), claim))) }
        var next = UInt64(requests)
        while let index = simulation.events.indices.min(by: { simulation.events[$0].time < simulation.events[$1].time })
        {
            let (time, event) = simulation.events.remove(at: index)
            simulation.now = time
            simulation.take(event, &next)
        }
        simulation.outcome.limit = simulation.slots.limit(of: lane) ?? 0
        return simulation.outcome
    }

    private mutating func take(_ event: Event, _ next: inout UInt64) {
        switch event {
        case .arrives(let began):
            guard atServer < server.refusesBeyond else { return later(server.roundTrip / 2, .refused) }
            atServer += 1
            busyUntil.removeAll { $0 <= now }
            let free = busyUntil.count < server.workers ? now : busyUntil.sorted()[busyUntil.count - server.workers]
            busyUntil.append(free + server.service)
            later(free + server.service - now + server.roundTrip / 2, .answered(began: began))
        case .answered(let began):
            leave()
            atServer -= 1
            outcome.elapsed = now
            perform(slots.handle(.finished(Self.claim, latency: now - began)))
        case .refused:
            leave()
            outcome.refused += 1
            perform(slots.handle(.throttled(lane: Self.lane, until: now + .milliseconds(200))))
            perform(slots.handle(.finished(Self.claim, latency: nil)))
            perform(slots.handle(.wants(next, Self.claim)))
            next += 1
        case .wakes: perform(slots.handle(.woke(now: now)))
        }
    }

    private mutating func leave() {
        running -= 1
        idleConnections += 1
    }

    private mutating func later(_ delay: Duration, _ event: Event) { events.append((now + delay, event)) }

    private mutating func perform(_ effects: [SlotQueue.Effect]) {
        for effect in effects {
            switch effect {
            case .grant:
                running += 1
                outcome.mostAtOnce = max(outcome.mostAtOnce, running)
                // A new connection shakes hands first.
                let handshake = idleConnections > 0 ? Duration.zero : server.roundTrip
                idleConnections = max(0, idleConnections - 1)
                later(handshake + server.roundTrip / 2, .arrives(began: now))
            case .wake(let time): events.append((time, .wakes))
            }
        }
    }
}
