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

    private func play(_ scenario: Scenario, in setting: Setting) async throws {
        let cluster = try await SimulatedCluster(scenario, in: setting)
        let outcomes = try await cluster.play { await cluster.controller(SimulatedProcess(cluster)).run() }
        #expect(outcomes.map(\.promised) == [scenario.expected])
    }

    /// Without those that are asked to leave: there one server stands for all that could be.
    @Test func `100 Jobs at once end as they should`() async throws {
        let kinds = Setting.disturbed.scenarios.filter(\.quitPorts.isEmpty)
        let jobs = (0..<100).map { ("job-\($0)", kinds[$0 % kinds.count]) }
        let cluster = try await SimulatedCluster(jobs, in: .disturbed)
        let outcomes = try await cluster.play { await cluster.controller(SimulatedProcess(cluster)).run() }
        for (job, outcome) in zip(jobs, outcomes) { #expect(outcome.promised == job.1.expected, "\(job.0)") }
    }
}
