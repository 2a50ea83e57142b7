import TerminatorScenarios
import TestSupport
import Testing

/// Runs a suite on a stage of its own. One at a time: what a cluster serves holds for all of it.
struct OnStage: SuiteTrait, TestScoping {
    let setting: Setting
    /// Whether a terminator works from the start.
    var isAttended = true

    private static let gate = Gate()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await Self.gate.pass {
            let stage = try await NodeStage(setting)
            var programs: [ChildProcess] = []
            if isAttended { programs.append(try stage.terminator()) }
            if isAttended, setting.hasNodeAgent { programs.append(try stage.nodeAgent()) }
            do {
                try await NodeStage.$current.withValue(stage) { try await function() }
            } catch {
                await Self.end(stage, programs)
                throw error
            }
            await Self.end(stage, programs)
        }
    }

    private static func end(_ stage: NodeStage, _ programs: [ChildProcess]) async {
        for program in programs { await program.finish() }
        await stage.strike()
    }
}

extension Trait where Self == OnStage {
    static func onStage(_ setting: Setting) -> Self { OnStage(setting: setting) }
}

/// Lets one through at a time.
private actor Gate {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    nonisolated func pass(_ body: @Sendable () async throws -> Void) async rethrows {
        await enter()
        do {
            try await body()
        } catch {
            await leave()
            throw error
        }
        await leave()
    }

    private func enter() async {
        if !isTaken {
            isTaken = true
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}
