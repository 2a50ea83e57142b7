import Foundation
import TestSupport

/// When an agent is killed, counted in its own work, so that the same moments come on a fast and on a slow machine: some
/// time after its n-th request since it was started. One that has nothing to ask for is killed after a while.
struct KillMoment {
    /// Before the agent has done anything: while it starts. Else its time begins when it is up, however slow the machine.
    let isEarly: Bool
    private let requests: Int
    private let delay: Duration
    private let patience: Duration

    init(using random: inout SeededGenerator) {
        isEarly = Int.random(in: 0..<5, using: &random) == 0
        requests = isEarly ? 0 : Int.random(in: 1...90, using: &random)
        delay = .milliseconds(Int.random(in: 0...(isEarly ? 120 : 15), using: &random))
        patience = .milliseconds(Int.random(in: 150...500, using: &random))
    }

    func come(to backend: StepBackend) async throws {
        let goal = backend.requestCount() + requests
        let clock = ContinuousClock()
        let latest = clock.now + patience
        while backend.requestCount() < goal, clock.now < latest { try await Task.sleep(for: .milliseconds(1)) }
        try await Task.sleep(for: delay)
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
            let name = String(url.dropFirst("\(backend.url)/out/".count))
            if puts[name] == nil { puts[name] = sent[name] }
        }
    }

    func violations(_ backend: StepBackend) -> [String] {
        let (asked, sent) = (backend.gets, backend.puts)
        let again = gets.filter { asked[$0.key] != $0.value }.map { "downloaded again: \($0.key)" }
        return again + puts.filter { sent[$0.key] != $0.value }.map { "uploaded again: \($0.key)" }
    }
}
