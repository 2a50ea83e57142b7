import FakeKube
import Foundation
import HTTPTransport
import KubeClient
import KubeModel
import Logging
import Telemetry
import TerminatorScenarios
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// One scenario's cluster: a fake API server, a simulated node, and time that runs faster.
struct SimulatedCluster: Sendable {
    let server: FakeAPIServer
    let client: KubeClient
    let streams: ClusterStreams
    let node: SharedNode
    let scenario: Scenario
    let setting: Setting
    private let configuration: TerminatorConfiguration
    private let clock = ScaledClock(speed: 20)
    private let wall = KubeTime.now
    private let quitServers: [ScriptedHTTPServer]
    static let namespace = "jobs"

    init(_ scenario: Scenario, in setting: Setting) async throws {
        self.scenario = scenario
        self.setting = setting
        configuration = try TerminatorConfiguration(parsing: Array(setting.configuration.utf8), source: setting.name)
        let names = try String(contentsOfFile: Repository.path("scripts/lib/exit-names.txt"), encoding: .utf8)
        let images = FakeImages(for: scenario, exitPrograms: names.split(separator: "\n").map(String.init))
        let node = SharedNode(FakeNode(images, wall: wall))
        self.node = node
        let quitServers = try scenario.quitPorts.map { port in
            try ScriptedHTTPServer { _ in
                node.withLock { $0.request(port) }
                return [.ok("bye")]
            }
        }
        self.quitServers = quitServers
        var api = FakeAPI()
        if setting.hasKruise { api.catalogue.add(ResourceCatalogue.containerRecreateRequests) }
        api.addNamespace(Self.namespace)
        api.place(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "lab", "uid": "node-1"]])
        api.anyPod.ports = Dictionary(uniqueKeysWithValues: zip(scenario.quitPorts, quitServers.map(\.port)))
        api.anyPod.exec = { call in
            node.withLock { $0.signal(call.container, of: call.pod) }
            return PodScript.Run()
        }
        server = try await FakeAPIServer.start(api)
        let access = ClusterAccess(
            server: try #require(ServerAddress(server.url, secureByDefault: false)), proxy: .none)
        client = KubeClient(access, KubeClientOptions(rate: nil))
        streams = ClusterStreams(access, timeout: .seconds(2))
    }

    var time: Timepiece { Timepiece(clock) }
    private var wallClock: WallClock {
        WallClock { [wall, clock] in wall.microseconds + Int64(clock.now.elapsed / .microseconds(1)) }
    }
    private var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    /// Plays the scenario while `terminate` does what the terminator's processes do.
    ///
    /// - Parameter isTold: whether the end is only reached when the terminator has said so.
    func play(isTold: Bool = true, _ terminate: @escaping @Sendable () async -> Void) async throws -> Outcome {
        let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await simulate() }
            group.addTask { await terminate() }
            if setting.hasNodeAgent { group.addTask { await nodeAgent.run() } }
            defer { group.cancelAll() }
            try server.update { _ = try $0.create(scenario.job(in: Self.namespace)) }
            return try await end(isTold: isTold)
        }
        for server in quitServers { server.stop() }
        await client.shutdown()
        return outcome
    }

    func controller(_ process: SimulatedProcess) -> TerminatorController {
        TerminatorController(
            configuration, api: process, streams: process, registry: MetricRegistry(), logger: logger, time: time,
            wall: wallClock)
    }

    func election(_ process: SimulatedProcess) -> LeaderElection {
        LeaderElection(
            lease: ObjectKey(namespace: Self.namespace, name: "terminator"), api: process, logger: logger, time: time,
            wall: wallClock)
    }

    private var nodeAgent: NodeAgent {
        NodeAgent(
            client, runtime: node, node: "lab", rules: configuration.rules, registry: MetricRegistry(),
            logger: logger, time: time)
    }

    /// Lets the node's time pass, as long as the task is not cancelled.
    private func simulate() async {
        while !Task.isCancelled {
            let now = clock.now.elapsed / .seconds(1)
            server.update { api in node.withLock { $0.step(&api, at: now) } }
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    private func end(isTold: Bool) async throws -> Outcome {
        var sighting = Sighting()
        var isUndisturbed = scenario.incident == nil
        do {
            return try await eventually("the end", limit: .seconds(45), every: .milliseconds(10)) {
                let (jobs, pods) = server.update { ($0.objects("Job"), $0.objects("Pod")) }
                sighting = sighting.followed(by: jobs, pods)
                if !isUndisturbed, let pod = sighting.runningPod(of: scenario) {
                    isUndisturbed = true
                    server.update { api in
                        _ = api.change("Pod", pod, in: Self.namespace) {
                            $0[path: ["metadata", "deletionTimestamp"]] = .string(KubeTime.now.text)
                        }
                    }
                }
                return sighting.ending(of: scenario, job: scenario.id, isTold: isTold)?.outcome
            }
        } catch let error as ProcessError {
            throw ProcessError(description: "\(error)\n\(sighting.story(of: scenario.id))")
        }
    }
}
