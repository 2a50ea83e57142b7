import TerminatorScenarios
import Testing

@testable import Terminator

/// The table of Jobs that a real node is given, on a simulated one.
@Suite(.timeLimit(.minutes(3))) struct SimulatedMatrixTests {
    @Test(arguments: Setting.ordinary.scenarios) func `a Job ends as it should`(_ scenario: Scenario) async throws {
        try await play(scenario, in: .ordinary)
    }

    @Test(arguments: Setting.kruise.scenarios)
    func `a Job ends as it should beside Kruise`(_ scenario: Scenario) async throws {
        try await play(scenario, in: .kruise)
    }

    private func play(_ scenario: Scenario, in setting: Setting) async throws {
        let cluster = try await SimulatedCluster(scenario, in: setting)
        let outcome = try await cluster.play { await cluster.controller(SimulatedProcess(cluster)).run() }
        #expect(outcome.promised == scenario.expected)
    }
}
