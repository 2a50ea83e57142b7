import TerminatorScenarios
import Testing

@testable import Terminator

/// The table of Jobs that a real node is given, on a simulated one.
@Suite(.timeLimit(.minutes(20))) struct SimulatedMatrixTests {
    @Test(arguments: Setting.ordinary.scenarios) func `a Job ends as it should`(_ scenario: Scenario) async throws {
        try await play(scenario, in: .ordinary)
    }

    @Test(arguments: Setting.kruise.scenarios)
    func `a Job ends as it should beside Kruise`(_ scenario: Scenario) async throws {
        try await play(scenario, in: .kruise)
    }

    /// Whatever is in the way of the exit image: no Job that had succeeded fails, and no main runs twice.
    @Test(arguments: Setting.Obstacle.allCases, Setting.ordinary.scenarios)
    func `a Job ends as it should without the exit image`(
        _ obstacle: Setting.Obstacle, _ scenario: Scenario
    ) async throws {
        try await play(scenario.hampered(by: obstacle), in: .hampered(by: obstacle))
    }

    /// Every second, so that no swap comes to the end of the sidecar's grace: under `Never` the kubelet makes the pod a failed
    /// one then.
    @Test(arguments: Setting.ordinary.scenarios.filter { $0.expected.rungs.values.contains { $0.contains("image") } })
    func `the kubelet is restarted again and again`(_ scenario: Scenario) async throws {
        var cluster = try await SimulatedCluster(scenario, in: .ordinary)
        cluster.timeFaults = (1...120).map { (.seconds($0), .kubelet) }
        let outcomes = try await cluster.play { [cluster] in await cluster.controller(SimulatedProcess(cluster)).run() }
        #expect(outcomes.allSatisfy { $0.promised.isAsGood(as: scenario.expected) }, "\(outcomes)")
    }

    private func play(_ scenario: Scenario, in setting: Setting) async throws {
        let cluster = try await SimulatedCluster(scenario, in: setting)
        let outcomes = try await cluster.play { await cluster.controller(SimulatedProcess(cluster)).run() }
        #expect(outcomes.map(\.promised) == [scenario.expected])
    }

    /// Without those that are asked to leave: there one server stands for all that could be. With something in the way of the
    /// exit image the way depends on what the others teach meanwhile; the result does not.
    @Test(arguments: [.disturbed] + Setting.tables.dropFirst())
    func `100 Jobs at once end as they should`(_ setting: Setting) async throws {
        let kinds = setting.scenarios.filter { $0.quitPorts.isEmpty && $0.incident == nil }
        let jobs = (0..<100).map { ("job-\($0)", kinds[$0 % kinds.count]) }
        let cluster = try await SimulatedCluster(jobs, in: setting)
        let outcomes = try await cluster.play { await cluster.controller(SimulatedProcess(cluster)).run() }
        for (job, outcome) in zip(jobs, outcomes.map(\.promised)) {
            let expected = job.1.expected
            #expect(
                setting.obstacle == nil ? outcome == expected : outcome.isAsGood(as: expected),
                "\(job.0), \(job.1.id): \(outcome) instead of \(expected)")
        }
    }
}
