import FakeKube
import KubeRuntime
import PodRules
import TerminatorScenarios
import Testing

@testable import Render
@testable import Terminator

/// The roles that are installed, beside what the programs really ask of an API server.
@Suite(.timeLimit(.minutes(20))) struct AccessTests {
    static let user = "terminator"

    /// A controller that leads plays these Jobs.
    ///
    /// - Returns: what it had to be allowed.
    private static func calls(_ ids: Set<String>, in setting: Setting) async throws -> [AccessRules.Attributes] {
        let scenarios = (Setting.ordinary.scenarios + Setting.kruise.scenarios).filter { ids.contains($0.id) }
        try #require(Set(scenarios.map(\.id)) == ids)
        let cluster = try await SimulatedCluster(scenarios.map { ($0.id, $0) }, in: setting)
        _ = try await cluster.play {
            let process = SimulatedProcess(cluster)
            try? await cluster.election(process).run { _ in await cluster.controller(process).run() }
        }
        let requests = cluster.server.requests
        return cluster.server.update { api in requests.flatMap { api.needs($0.method, $0.target) } }
    }

    private static func rules(_ reach: TerminatorReach) -> AccessRules {
        let election = TerminatorReach.electionRules(lease: "terminator")
        return AccessRules(
            tokens: [:],
            rules: (reach.rules(inCluster: true)).map { rule($0, in: nil) }
                + election.map { rule($0, in: SimulatedCluster.namespace) })
    }

    private static func rule(_ rule: AccessRule, in namespace: String?) -> AccessRules.Rule {
        AccessRules.Rule(
            user, may: rule.verbs, rule.resources, group: rule.group, in: namespace, names: rule.names)
    }

    @Test func `a terminator of all rungs may do what it does, and no more`() async throws {
        var setting = Setting.ordinary
        setting.configuration = """
            exitImage: \(TestImage.exit.name)
            patience: {http: 5s, exec: 3s, crr: 10s}
            sidecars:
            - names: [by-exec]
              exitsWithZero: true
              ladder: [exec, image, hold]
            - names: [by-crr, by-crr-later]
              exitsWithZero: true
              ladder: [crr, hold]
            """
        (setting.hasKruise, setting.hasNodeAgent) = (true, false)
        let ids: Set = ["shell", "istio", "exec", "crr", "crr-later", "limit-6", "limit-0"]
        let calls = try await Self.calls(ids, in: setting)
        let (missing, unused) = Self.rules(TerminatorReach(kruise: true)).differences(from: calls, for: Self.user)
        #expect(missing == [])
        // By that an Event is told that happens again (EventRecorderTests). Here each sidecar and rung has its own.
        #expect(unused == ["patch events"])
    }

    @Test func `what only swaps and holds reaches into no pod`() async throws {
        var setting = Setting.ordinary
        setting.configuration = "{exitImage: \(TestImage.exit.name), ladder: [image, hold], shippedSidecars: false}"
        setting.hasNodeAgent = false
        let calls = try await Self.calls(["shell", "limit-0"], in: setting)
        let rules = Self.rules(TerminatorReach(rungs: [.image, .hold]))
        #expect(rules.differences(from: calls, for: Self.user).missing == [])
        #expect(!rules.rules.contains { $0.resources.contains { $0 == "pods/exec" || $0 == "pods/portforward" } })
    }
}
