import TerminatorScenarios
import TestSupport
import Testing

/// Runs a suite on a stage of its own. One at a time: what a cluster serves holds for all of it.
struct OnStage: SuiteTrait, TestScoping {
    let setting: Setting
    /// Whether a terminator works from the start.
    let isAttended: Bool

    static let gate = Gate()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws { try await run(function) }

    func run(_ function: @Sendable () async throws -> Void) async throws {
        try await Self.gate.pass {
            let stage = try await NodeStage(setting)
            let result: Result<Void, any Error>
            do { result = .success(try await perform(function, on: stage)) } catch { result = .failure(error) }
            await stage.strike()
            try result.get()
        }
    }

    private func perform(_ function: @Sendable () async throws -> Void, on stage: NodeStage) async throws {
        if isAttended { _ = try stage.terminator() }
        if setting.hasNodeAgent { _ = try stage.nodeAgent() }
        try await NodeStage.$current.withValue(stage) {
            guard setting.hasKruise else { return try await function() }
            let daemon = KruiseDaemon(node: stage.node, namespace: stage.namespace)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await daemon.run() }
                defer { group.cancelAll() }
                try await function()
            }
        }
    }
}

extension Trait where Self == OnStage {
    /// - Parameter attended: whether a terminator works from the start.
    static func onStage(_ setting: Setting, attended: Bool = true) -> Self {
        OnStage(setting: setting, isAttended: attended)
    }
}

/// Runs a suite by itself, but for others that heed it: what it does holds for the whole cluster.
struct OnlyOne: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await OnStage.gate.pass(function)
    }
}

extension Trait where Self == OnlyOne {
    static var onlyOne: Self { Self() }
}

/// Lets one through at a time.
actor Gate {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    nonisolated func pass(_ body: @Sendable () async throws -> Void) async throws {
        await enter()
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await leave()
        try result.get()
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
