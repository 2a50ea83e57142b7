import TerminatorScenarios
import TestSupport
import Testing

/// The terminator as built, on a real node.
@Suite(.requiresRealNode) enum NodeMatrixTests {
    @Suite(.onStage(.ordinary)) struct Ordinary {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.ordinary.scenarios)
        func `it ends as it should`(_ scenario: Scenario) async throws {
            let stage = try #require(NodeStage.current)
            let ending = try await stage.play(scenario)
            #expect(ending.outcome.promised == scenario.expected)
        }
    }
}
