import Basics
import FakeKube
import KubeClient
import KubeRuntime
import TerminatorScenarios
import TestSupport
import Testing

@testable import Terminator

/// A terminator that is killed, loses its server or is stopped between any two of its requests: the Jobs' results are
/// the same, and whoever leads in the end has said so, once. Which rungs were taken may differ, because one that was remembered
/// and not carried out is waited for.
@Suite(.timeLimit(.minutes(20))) struct DisturbanceTests {
    static let scenarios = Setting.ordinary.scenarios.filter {
        ["two-kinds", "istio", "limit-0", "limit-6", "ignored-code", "exec", "fails"].contains($0.id)
    }

    @Test(arguments: scenarios) func `killed after any request`(_ scenario: Scenario) async throws {
        try await disturb(scenario, .killed)
    }

    @Test(arguments: scenarios) func `its API server restarted after any request`(_ scenario: Scenario) async throws {
        try await disturb(scenario, .cutOff)
    }

    @Test(arguments: scenarios.filter { ["two-kinds", "istio", "limit-0"].contains($0.id) })
    func `the leader stopped after any request`(_ scenario: Scenario) async throws {
        try await disturb(scenario, .stopped)
    }

    /// Plays the scenario once undisturbed and then once for each request of that, some at a time.
    private func disturb(_ scenario: Scenario, _ disturbance: Disturbance) async throws {
        let calm = try await SimulatedCluster(scenario, in: .ordinary)
        let process = SimulatedProcess(calm)
        let outcomes = try await calm.play { await calm.controller(process).run() }
        #expect(outcomes.map(\.promised) == [scenario.expected])
        let count = process.requests
        try #require(count > 5)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...count {
                if number > Self.width { try await group.next() }
                group.addTask {
                    let cluster = try await SimulatedCluster(scenario, in: .ordinary)
                    let outcomes = try await cluster.play(disturbance.terminator(of: cluster, afterRequest: number))
                    let outcome = try #require(outcomes.first)
                    #expect(
                        outcome.promised.isAsGood(as: scenario.expected),
                        "after request \(number) of \(count): \(outcome)")
                    let ends = cluster.server.update { $0.objects("Event") }
                        .filter { $0["reason"]?.string == "SidecarTerminated" }
                    #expect(
                        ends.allSatisfy { $0["series"] == nil }
                            && Set(ends.map { $0[path: ["involvedObject", "uid"]]?.string }).count == ends.count,
                        "after request \(number) of \(count): \(ends)")
                }
            }
            try await group.waitForAll()
        }
    }

    private static let width = 4
}

/// What befalls a terminator.
enum Disturbance: CaseIterable {
    /// It is killed, and another begins.
    case killed
    /// Its API server is restarted.
    case cutOff
    /// The leader is stopped for longer than its lease lasts, and then acts late.
    case stopped

    /// - Parameter number: of the request after which that happens.
    func terminator(of cluster: SimulatedCluster, afterRequest number: Int) -> @Sendable () async -> Void {
        switch self {
        case .killed:
            let first = SimulatedProcess(cluster, afterRequest: number) { $0.stop() }
            return {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await cluster.controller(first).run() }
                    group.addTask { await first.whenStopped() }
                    await group.next()
                    group.cancelAll()
                }
                await cluster.controller(SimulatedProcess(cluster)).run()
            }
        case .cutOff:
            let process = SimulatedProcess(cluster, afterRequest: number) { _ in
                await cluster.server.stop()
                try? await Task.sleep(for: .milliseconds(100))
                // A server that does not come back would be taken for a terminator that tells nobody anything.
                do { try await cluster.server.listen() } catch {
                    Issue.record(error, "the API server does not come back")
                }
            }
            return { await cluster.controller(process).run() }
        case .stopped:
            let leader = SimulatedProcess(cluster, afterRequest: number) { process in
                process.stop()
                try? await cluster.time.sleep(cluster.time.now() + .seconds(25))
                process.goOn()
            }
            return {
                await withTaskGroup(of: Void.self) { group in
                    for process in [leader, SimulatedProcess(cluster)] {
                        group.addTask { await cluster.lead(process) }
                    }
                }
            }
        }
    }
}

extension SimulatedCluster {
    /// One of several replicas, which is started anew when it has lost the lease.
    fileprivate func lead(_ process: SimulatedProcess) async {
        while !Task.isCancelled {
            try? await election(process).run { _ in await controller(process).run() }
        }
    }
}
