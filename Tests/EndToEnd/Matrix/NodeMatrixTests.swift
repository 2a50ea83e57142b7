import TerminatorScenarios
import TestSupport
import Testing

/// The terminator as built, on a real node.
///
/// With `KPIPE_MATRIX=FILE` the results are written down as a document.
@Suite(.requiresRealNode, .reported) enum NodeMatrixTests {
    @Suite(.onStage(.ordinary)) struct Ordinary {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.ordinary.scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    @Suite(.onStage(.kruise)) struct Kruise {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.kruise.scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    @Suite(.onStage(.hampered(by: .noShell))) struct NoShell {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.hampered(by: .noShell).scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    @Suite(.onStage(.hampered(by: .noPull))) struct NoPull {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.hampered(by: .noPull).scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    @Suite(.onStage(.hampered(by: .otherMachine))) struct OtherMachine {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.hampered(by: .otherMachine).scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    @Suite(.onStage(.hampered(by: .refused))) struct Refused {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.hampered(by: .refused).scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    @Suite(.onStage(.hampered(by: .noHelpers))) struct NoHelpers {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.hampered(by: .noHelpers).scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    @Suite(.onStage(.hampered(by: .noAgent))) struct NoAgent {
        @Test(.timeLimit(.minutes(6)), arguments: Setting.hampered(by: .noAgent).scenarios)
        func `a Job ends as it should`(_ scenario: Scenario) async throws { try await check(scenario) }
    }

    private static func check(_ scenario: Scenario) async throws {
        let stage = try #require(NodeStage.current)
        let ending = try await stage.play(scenario)
        MatrixReport.current?.add(scenario, in: stage.setting, ending)
        #expect(ending.outcome.promised == scenario.expected)
    }
}
