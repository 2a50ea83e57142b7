import Foundation
import TestSupport

/// When an agent is killed, counted in its own work, so that the same moments come on a fast and on a slow machine. One that
/// has had nothing to do is killed after a while.
enum KillMoment {
    /// Before the agent has done anything: while it starts.
    case early(Duration)
    /// Some time after its n-th request since it was up: with many in flight.
    case asking(requests: Int, delay: Duration)
    /// When n more pieces of work stand in its journal: however slow the machine, such a life has got the step on.
    case done(pieces: Int)

    init(using random: inout SeededGenerator) {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: self = .early(.milliseconds(Int.random(in: 0...120, using: &random)))
        case 1, 2:
            let requests = Int.random(in: 1...90, using: &random)
            self = .asking(requests: requests, delay: .milliseconds(Int.random(in: 0...15, using: &random)))
        default: self = .done(pieces: Int.random(in: 1...45, using: &random))
        }
    }

    /// - Parameter patience: for one that has nothing to transfer.
    func come(to rig: StepRig, _ agent: ChildProcess, patience: Duration) async throws {
        if case .early(let delay) = self { return try await Task.sleep(for: delay) }
        try await rig.waitUntilUp(agent)
        let clock = ContinuousClock()
        let start = Work(rig)
        var (work, idleSince) = (start, clock.now)
        while agent.status == nil, !isReached(from: start, to: work), clock.now < idleSince + patience {
            try await Task.sleep(for: .milliseconds(1))
            work = Work(rig)
            if work.isTransferring { idleSince = clock.now }
        }
        if case .asking(_, let delay) = self { try await Task.sleep(for: delay) }
    }

    private func isReached(from start: Work, to now: Work) -> Bool {
        switch self {
        case .early: true
        case .asking(let requests, _): now.requests >= start.requests + requests
        case .done(let pieces): now.pieces >= start.pieces + pieces
        }
    }

    private struct Work {
        let requests: Int
        let pieces: Int
        /// There is always something to do next, however long a machine under load takes to come to it.
        let isTransferring: Bool

        init(_ rig: StepRig) {
            let journal = rig.journal()
            let reports = rig.backend.reports
            requests = rig.backend.requestCount()
            pieces = journal.fetched.count + journal.stored.count
            let isStoring = reports.contains { $0.state == "TERMINATING" } && !reports.contains { $0.terminal }
            isTransferring = isStoring || journal.fetched.count < rig.backend.inputs.count
        }
    }
}

/// Where in the step's life the kills fell.
struct KillTally: CustomStringConvertible {
    private(set) var fetching = 0
    private(set) var running = 0
    private(set) var storing = 0
    private(set) var over = 0

    var total: Int { fetching + running + storing + over }

    mutating func count(_ wasOver: Bool, _ journal: StepRig.Journal, _ backend: StepBackend) {
        if wasOver {
            over += 1
        } else if backend.states.contains("TERMINATING") || !journal.stored.isEmpty {
            storing += 1
        } else if journal.fetched.count == backend.inputs.count {
            running += 1
        } else {
            fetching += 1
        }
    }

    var description: String {
        "\(total) kills: \(fetching) fetching, \(running) while main ran, \(storing) storing, \(over) after the end"
    }
}

/// What was verified or stored at each kill, with how often it had been asked for by then.
struct Repetitions {
    private var gets: [String: Int] = [:]
    private var puts: [String: Int] = [:]

    mutating func note(_ journal: StepRig.Journal, _ backend: StepBackend) {
        let (asked, sent) = (backend.gets, backend.puts)
        for path in journal.fetched where gets[path] == nil { gets[path] = asked[path] }
        for url in journal.stored {
            let name = String(url.dropFirst(backend.place("out/").count))
            if puts[name] == nil { puts[name] = sent[name] }
        }
    }

    func violations(_ backend: StepBackend) -> [String] {
        let (asked, sent) = (backend.gets, backend.puts)
        let again = gets.filter { asked[$0.key] != $0.value }.map { "downloaded again: \($0.key)" }
        return again + puts.filter { sent[$0.key] != $0.value }.map { "uploaded again: \($0.key)" }
    }
}
