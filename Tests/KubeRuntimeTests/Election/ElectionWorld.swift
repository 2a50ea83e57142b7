import Basics
import TestSupport

@testable import KubeClient
@testable import KubeRuntime

/// Electors and the server of their lease in simulated time, with everything between them that goes wrong: requests and
/// answers that are late or lost, servers that refuse, processes that are stopped, cut off, killed or told to leave, and
/// clocks that show anything and run differently fast.
struct ElectionWorld {
    private enum Event {
        case input(ElectionInput, elector: Int, life: Int, request: Int?)
        case request(ElectionEffect, elector: Int, life: Int, request: Int)
        case disturb
    }

    private struct Elector {
        var machine: ElectionMachine
        var clockRate: Double
        var clockOffset: Double
        /// Tells answers to a former life.
        var life = 0
        var openRequest: Int?
        var stoppedUntil = 0.0
        var cutOffUntil = 0.0

        func clock(at moment: Double) -> Duration { .seconds(clockOffset + moment * clockRate) }
        func moment(of clock: Duration) -> Double { (clock.inSeconds - clockOffset) / clockRate }
    }

    /// At most so many times as fast as another runs any clock.
    private let clockSpread: Double
    private var random: SeededGenerator
    private var electors: [Elector] = []
    private var lease: LeaseRecord?
    private var version = 0
    private var requests = 0
    private var now = 0.0
    private var agenda: [(at: Double, number: Int, event: Event)] = []
    private var count = 0
    /// From then on nothing goes wrong.
    private let calmFrom: Double

    /// Moments at which more than one believed to lead.
    private(set) var conflicts: [Double] = []
    /// How often leadership began.
    private(set) var terms = 0

    init(electors count: Int, seed: UInt64, clockSpread: Double = 1.4, calmFrom: Double = 1500) {
        random = SeededGenerator(seed: seed)
        self.clockSpread = clockSpread
        self.calmFrom = calmFrom
        for index in 0..<count {
            let rate = Double.random(in: 1...clockSpread, using: &random)
            let offset = Double.random(in: 0...1e6, using: &random)
            electors.append(Elector(machine: Self.machine(index, 0), clockRate: rate, clockOffset: offset))
            schedule(.input(.wake, elector: index, life: 0, request: nil), in: 0...3)
        }
        schedule(.disturb, in: 5...30)
    }

    var leaders: [Int] { electors.indices.filter { electors[$0].machine.isLeader(at: electors[$0].clock(at: now)) } }

    mutating func run(until end: Double) {
        while let index = agenda.indices.min(by: {
            (agenda[$0].at, agenda[$0].number) < (agenda[$1].at, agenda[$1].number)
        }),
            agenda[index].at <= end
        {
            let (moment, _, event) = agenda.remove(at: index)
            now = moment
            perform(event)
            if leaders.count > 1 { conflicts.append(now) }
        }
        now = end
    }

    private mutating func perform(_ event: Event) {
        switch event {
        case .disturb:
            disturb()
            if now < calmFrom { schedule(.disturb, in: 1...40) }
        case .input(let input, let elector, let life, let request): deliver(input, elector, life, request, event)
        case .request(let effect, let elector, let life, let request): serve(effect, elector, life, request)
        }
    }

    private mutating func deliver(
        _ input: ElectionInput, _ index: Int, _ life: Int, _ request: Int?, _ event: Event
    ) {
        guard life == electors[index].life else { return }
        // A stopped process finds everything at once when it goes on.
        guard now >= electors[index].stoppedUntil else { return schedule(event, at: electors[index].stoppedUntil) }
        if let request {
            guard electors[index].openRequest == request else { return }
            electors[index].openRequest = nil
        }
        let clock = electors[index].clock(at: now)
        let effects = electors[index].machine.handle(input, at: clock, random: .random(in: 0..<1, using: &random))
        for effect in effects {
            switch effect {
            case .read, .claim: ask(effect, index)
            case .lead: terms += 1
            case .lose: schedule(.input(.stop, elector: index, life: life, request: nil), in: 0...4)
            case .end: restart(index, within: 0...20)
            }
        }
        if life == electors[index].life, let wake = electors[index].machine.nextWake {
            let moment = max(now, electors[index].moment(of: wake)) + 1e-6
            schedule(.input(.wake, elector: index, life: life, request: nil), at: moment)
        }
    }

    private mutating func ask(_ effect: ElectionEffect, _ index: Int) {
        requests += 1
        let life = electors[index].life
        electors[index].openRequest = requests
        let timeout = ElectionTiming.standard.request.inSeconds / electors[index].clockRate
        schedule(.input(.failed, elector: index, life: life, request: requests), at: now + timeout)
        guard !isLost(index) else { return }
        schedule(.request(effect, elector: index, life: life, request: requests), in: delay())
    }

    /// The server does its part even if the one who asked is gone.
    private mutating func serve(_ effect: ElectionEffect, _ index: Int, _ life: Int, _ request: Int) {
        let refuses = now < calmFrom && Double.random(in: 0..<1, using: &random) < 0.05
        let answer = refuses ? ElectionInput.failed : answer(effect)
        guard !isLost(index) else { return }
        schedule(.input(answer, elector: index, life: life, request: request), in: delay())
    }

    private mutating func answer(_ effect: ElectionEffect) -> ElectionInput {
        guard case .claim(let claim) = effect else { return .read(lease) }
        guard claim.resourceVersion == lease?.resourceVersion ?? "" else { return .conflict }
        version += 1
        var record = LeaseRecord()
        record.holder = claim.holder
        record.durationSeconds = claim.durationSeconds
        record.transitions = claim.transitions
        record.resourceVersion = "\(version)"
        lease = record
        return .granted(record)
    }

    private mutating func disturb() {
        let index = Int.random(in: electors.indices, using: &random)
        let duration = Double.random(in: 0.5...40, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: electors[index].stoppedUntil = now + duration
        case 2, 3: electors[index].cutOffUntil = now + duration
        case 4: restart(index, within: 0...10)
        default: schedule(.input(.stop, elector: index, life: electors[index].life, request: nil), at: now)
        }
    }

    /// The process ends, whatever it was doing, and another takes its place.
    private mutating func restart(_ index: Int, within pause: ClosedRange<Double>) {
        electors[index].life += 1
        electors[index].openRequest = nil
        electors[index].machine = Self.machine(index, electors[index].life)
        schedule(.input(.wake, elector: index, life: electors[index].life, request: nil), in: pause)
    }

    private mutating func isLost(_ index: Int) -> Bool {
        now < electors[index].cutOffUntil || now < calmFrom && Double.random(in: 0..<1, using: &random) < 0.05
    }

    /// Mostly short; sometimes longer than anybody waits.
    private mutating func delay() -> ClosedRange<Double> {
        now < calmFrom && Double.random(in: 0..<1, using: &random) < 0.15 ? 0...12 : 0.001...0.05
    }

    private mutating func schedule(_ event: Event, in range: ClosedRange<Double>) {
        schedule(event, at: now + Double.random(in: range, using: &random))
    }

    private mutating func schedule(_ event: Event, at moment: Double) {
        count += 1
        agenda.append((moment, count, event))
    }

    private static func machine(_ index: Int, _ life: Int) -> ElectionMachine {
        ElectionMachine(identity: "elector-\(index)-\(life)", timing: .standard)
    }
}

extension ElectionMachine {
    /// Whether this elector leads, as far as it can know at `now`.
    func isLeader(at now: Duration) -> Bool { leadsUntil.map { now < $0 } ?? false }
}
