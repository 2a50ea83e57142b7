import FakeKube
import Glibc
import KubeTestSupport
import TestSupport
import Testing

@testable import KubeRuntime

/// Electors as processes, on the machine's own time: stopped, cut off, and with clocks that are wrong.
@Suite(.timeLimit(.minutes(20))) struct ElectorProcessTests {
    /// A leader that is stopped longer than the lease is good for, then goes on.
    @Test(arguments: ServerKind.available)
    func aStoppedLeaderDoesNothingLate(kind: ServerKind) async throws {
        let contest = try await Contest(kind)
        let first = try await contest.elector("first")
        try await first.leads()
        let second = try await contest.elector("second")

        first.stop()
        try await second.leads()
        try await second.writes(more: 3)
        first.goOn()
        try await eventually("the first gives up", limit: .seconds(10)) { first.hasLost }
        try await second.writes(more: 3)
        try await contest.finish()
        Contest.check(first, thenOnly: second)
    }

    /// What a leader asked for just before it was stopped arrives when another leads.
    @Test func whatArrivesLateIsRefused() async throws {
        let server = try await FakeAPIServer.start()
        let contest = try await Contest(server)
        let network = try await Relay(to: server)
        let first = try await contest.elector("first", through: network)
        try await first.writes(more: 1)
        let second = try await contest.elector("second")

        try await Self.cut(network, whenSomethingIsOnItsWayFrom: first)
        let arrived = Self.writes(of: first, at: server)
        first.stop()
        try await second.writes(more: 3)
        network.recover()
        try await eventually("the late write arrives") { Self.writes(of: first, at: server) > arrived }
        try await second.writes(more: 3)
        #expect(server.update { $0.objects("ConfigMap", in: "default") }.first?.text(at: "data.leader") == "second")
        first.goOn()
        try await eventually("the first gives up", limit: .seconds(10)) { first.hasLost }
        try await contest.finish()
        Contest.check(first, thenOnly: second)
    }

    /// A leader whose connections end, and one from which nothing comes and to which nothing goes.
    @Test(arguments: ServerKind.available, [false, true])
    func aLeaderThatIsCutOffStepsDownBeforeAnotherLeads(kind: ServerKind, drops: Bool) async throws {
        let contest = try await Contest(kind)
        let network = try await Relay(to: contest.server)
        let first = try await contest.elector("first", through: network)
        try await first.writes(more: 1)
        let second = try await contest.elector("second")

        network.fallSilent()
        if drops { await network.dropConnections() }
        try await eventually("the first gives up", limit: .seconds(10)) { first.hasLost }
        try await second.writes(more: 3)
        network.recover()
        try await second.writes(more: 3)
        try await contest.finish()
        Contest.check(first, thenOnly: second)
    }

    /// Calendars a day apart, and a candidate whose clock runs a third faster.
    @Test func clocksThatAreWrongMakeNoSecondLeader() async throws {
        let contest = try await Contest(.fake)
        let first = try await contest.elector("first", rate: 1, offset: 86_400)
        try await first.leads()
        let second = try await contest.elector("second", rate: 1.33, offset: -86_400)
        try await eventually("the first leads for a while") { first.written.count > 100 || first.hasLost }
        #expect(second.beliefs.isEmpty || first.hasLost)
        first.stop()
        try await second.writes(more: 3)
        first.goOn()
        try await eventually("the first gives up", limit: .seconds(10)) { first.hasLost }
        try await contest.finish()
        Contest.check(first, thenOnly: second)
    }

    /// Falls silent in a moment in which a write is on its way to the server, and not its answer on the way back.
    private static func cut(_ network: Relay, whenSomethingIsOnItsWayFrom elector: Elector) async throws {
        var isOnItsWay = false
        while !isOnItsWay {
            network.recover()
            try await elector.writes(more: 1)
            network.fallSilent()
            let wait: Void? = try? await eventually("a write is on its way", limit: .seconds(1)) {
                String(decoding: network.held, as: UTF8.self).contains("PATCH /api/v1/namespaces/default/configmaps/")
            }
            isOnItsWay = wait != nil
        }
    }

    /// How many attempts have reached the server.
    private static func writes(of elector: Elector, at server: FakeAPIServer) -> Int {
        server.requests.count { request in
            request.method == "PATCH" && request.target.contains("/configmaps/")
                && String(decoding: request.body, as: UTF8.self).contains(elector.identity)
        }
    }
}
