import FakeKube
import Glibc
import TerminatorScenarios
import TestSupport
import Testing
import YAMLTree

extension NodeMatrixTests {
    /// Terminators to which something happens. One after the other, because each starts its own.
    @Suite(.onStage(.disturbed, attended: false), .serialized) struct Disturbances {
        @Test(.timeLimit(.minutes(6))) func `killed again and again`() async throws {
            try await check("the terminator is killed every second or two", of: 12) { stage, play in
                try await stage.whileRestarting(play)
            }
        }

        @Test(.onlyAlone, .timeLimit(.minutes(6))) func `the API server restarted`() async throws {
            try await check("the API server is killed and started again", of: 12) { stage, play in
                let terminator = try stage.terminator()
                async let right = play()
                try await stage.whenMainsRun(12)
                try await LabServer(stage.node).restart()
                let result = try await right
                #expect(terminator.status == nil)
                await terminator.finish()
                return result
            }
        }

        @Test(.timeLimit(.minutes(6))) func `the leader stopped`() async throws {
            try await check("the leader of two replicas is stopped for longer than its lease lasts", of: 12) {
                stage, play in
                let leader = try stage.terminator("--leader-elect")
                try await eventually("the lease") { try await stage.holder() != nil }
                let first = try await stage.holder()
                let other = try stage.terminator("--leader-elect")
                async let right = play()
                try await stage.whenMainsRun(12)
                leader.kill(SIGSTOP)
                let result = try await right
                #expect(try await stage.holder() != first)
                // It finds that another leads, and leaves without having done harm.
                leader.kill(SIGCONT)
                try await leader.wait(atMost: .seconds(30))
                await other.finish()
                return result
            }
        }

        /// - Parameter act: is given what creates the Jobs and counts those that have ended as they should.
        private func check(
            _ title: String, of count: Int,
            _ act: (NodeStage, @escaping @Sendable () async throws -> Int) async throws -> Int
        ) async throws {
            let stage = try #require(NodeStage.current)
            let batch = "batch-\(UInt32.random(in: 0...9999))"
            let right = try await act(stage) { try await stage.play(Setting.disturbed.scenarios, count, named: batch) }
            MatrixReport.current?.add(title, in: stage.setting, right: right, of: count)
            #expect(right == count)
        }
    }
}

extension NodeMatrixTests {
    /// Many Jobs at once, with each of the things that can be in the way.
    @Test(.timeLimit(.minutes(40)), arguments: Setting.crowds)
    static func `100 Jobs at once`(_ crowd: Setting) async throws {
        try await OnStage(setting: crowd, isAttended: true).run {
            let stage = try #require(NodeStage.current)
            let right = try await stage.play(crowd.scenarios, 100, named: "crowd")
            MatrixReport.current?.add(crowd.title, in: .disturbed, right: right, of: 100)
            #expect(right == 100)
        }
    }
}

extension NodeStage {
    /// Creates `count` Jobs, of all the scenarios in turn, and waits for their ends.
    ///
    /// - Returns: how many ended as they should.
    fileprivate func play(_ scenarios: [Scenario], _ count: Int, named batch: String) async throws -> Int {
        let jobs = (0..<count).map { ("\(batch)-\($0)", scenarios[$0 % scenarios.count]) }
        try await node.create(jobs.map { $1.job(in: namespace, name: $0) })
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for (name, scenario) in jobs {
                group.addTask {
                    // A terminator that was killed may not have told.
                    let end = try await self.ending(of: scenario, job: name, isTold: false, limit: .seconds(480))
                    let isRight = end.outcome.promised.isAsGood(as: scenario.expected)
                    if !isRight { Issue.record("\(name), \(scenario.title): \(end.outcome)") }
                    return isRight
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    /// Runs terminators, each of which is killed before long, until `body` returns.
    fileprivate func whileRestarting(_ body: @escaping @Sendable () async throws -> Int) async throws -> Int {
        try await withThrowingTaskGroup(of: Int?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                while !Task.isCancelled {
                    let terminator = try self.terminator()
                    try? await Task.sleep(for: .milliseconds(.random(in: 600...2500)))
                    await terminator.finish()
                }
                return nil
            }
            defer { group.cancelAll() }
            guard let result = try await group.next(), let right = result else { return 0 }
            return right
        }
    }

    fileprivate func whenMainsRun(_ count: Int) async throws {
        try await eventually("running pods", limit: .seconds(120), every: .seconds(1)) {
            let pods = try await node.get("/api/v1/namespaces/\(namespace)/pods?fieldSelector=status.phase=Running")
            return pods["items"]?.array?.count ?? 0 >= count ? true : nil
        }
    }

    /// Who holds the lease of the terminators in this namespace.
    fileprivate func holder() async throws -> String? {
        let path = "/apis/coordination.k8s.io/v1/namespaces/\(namespace)/leases/kpipe-sidecar-terminator"
        return (try? await node.get(path))?.text(at: "spec.holderIdentity")
    }
}
