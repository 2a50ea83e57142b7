import Basics
import ContainerRuntime
import FakeKube
import KubeClient
import KubeModel
import Logging
import OperatorConfiguration
import PodRules
import PodTestSupport
import Synchronization
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// Against a runtime that is asked over its socket. Every pod's sidecar is the container `x` to the API server.
@Suite(.requires(.python)) struct NodeAgentTests {
    static let cue = "sidecar=containerd://x"

    /// An agent at work on the node `lab` until `body` returns. By its rules nothing follows the rung `node`.
    func withAgent(
        of cluster: Cluster, _ container: RuntimeStandIn.Container,
        _ body: @Sendable (RuntimeStandIn) async throws -> Void
    ) async throws {
        let server = try await RuntimeStandIn.start(["x": container])
        let runtime = ContainerRuntime(socket: server.socket)
        var rules = MarkerRules()
        rules.ladder = [.node]
        let agent = NodeAgent(
            cluster.client, runtime: runtime, node: "lab", rules: rules, registry: cluster.registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run() }
            defer { group.cancelAll() }
            try await eventually("the pods") { agent.isReady }
            try await body(server)
        }
        await runtime.shutdown()
        await cluster.client.shutdown()
    }

    @Test func `the terminator's cue is followed, once and with the pod's grace`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        try await withAgent(of: cluster, .init(pod: "uid-early", name: "sidecar")) { runtime in
            var configuration = TerminatorConfiguration()
            configuration.ladder = [.node]
            configuration.nodeAgent = true
            try await cluster.controlled(configuration) {
                try await eventually("the stop") { cluster.count("stopped") == 1 }
            }
            // The status lags behind, and the pod changes meanwhile.
            cluster.cue("early", Self.cue)
            cluster.pod("late")
            cluster.cue("late", Self.cue)
            try await eventually("another pod's turn") { cluster.count("foreign") > 0 }
            #expect(runtime.calls == ["stop x 3"])
        }
    }

    @Test func `a container that the runtime knows as another pod's is left alone`() async throws {
        let cluster = try await Cluster()
        cluster.pod("forger")
        cluster.cue("forger", Self.cue)
        try await withAgent(of: cluster, .init(pod: "uid-victim", name: "sidecar")) { runtime in
            try await eventually("the refusal") { cluster.count("foreign") > 0 }
            #expect(runtime.calls.isEmpty)
        }
    }

    @Test func `a container of another name is left alone`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.cue("early", Self.cue)
        try await withAgent(of: cluster, .init(pod: "uid-early", name: "main")) { runtime in
            try await eventually("the refusal") { cluster.count("foreign") > 0 }
            #expect(runtime.calls.isEmpty)
        }
    }

    @Test func `a cue that came too early counts once main has ended`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early", main: .up)
        cluster.cue("early", Self.cue)
        try await withAgent(of: cluster, .init(pod: "uid-early", name: "sidecar")) { runtime in
            #expect(runtime.calls.isEmpty)
            cluster.server.update { api in
                _ = api.change("Pod", "early", in: Cluster.namespace) { pod in
                    var statuses = pod["status"]?["containerStatuses"]?.array ?? []
                    statuses[0]["state"] = .ended(0)
                    pod["status"]?["containerStatuses"] = .array(statuses)
                }
            }
            try await eventually("the stop") { runtime.calls == ["stop x 3"] }
        }
    }

    @Test func `a known sidecar counts where its namespace asks for it`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.server.update { api in
            _ = api.change("Pod", "early", in: Cluster.namespace) { pod in
                var containers = pod["spec"]?["containers"]?.array ?? []
                containers[1] = ["name": "istio-proxy", "image": "istio/proxyv2:1.24"]
                pod["spec"]?["containers"] = .array(containers)
                var statuses = pod["status"]?["containerStatuses"]?.array ?? []
                statuses[1]["name"] = "istio-proxy"
                pod["status"]?["containerStatuses"] = .array(statuses)
            }
            _ = api.change("Namespace", Cluster.namespace, in: nil) {
                $0["metadata"]?["labels"] = [WellKnownNames.Label.terminateKnown: "enabled"]
            }
        }
        cluster.cue("early", "istio-proxy=containerd://x")
        try await withAgent(of: cluster, .init(pod: "uid-early", name: "istio-proxy")) { runtime in
            try await eventually("the stop") { runtime.calls == ["stop x 3"] }
        }
    }

    /// Started anew, a runtime has another socket than the one that is mounted.
    @Test func `a runtime that nobody reaches any more is told of`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.cue("early", Self.cue)
        let folder = try TemporaryFolder()
        let runtime = ContainerRuntime(socket: folder["runtime.sock"])
        let isLost = Mutex(false)
        let agent = NodeAgent(
            cluster.client, runtime: runtime, node: "lab", rules: MarkerRules(), registry: cluster.registry,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            runtimeIsLost: { isLost.withLock { $0 = true } })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run() }
            defer { group.cancelAll() }
            try await eventually("the loss") { isLost.withLock { $0 } }
        }
        await runtime.shutdown()
        await cluster.client.shutdown()
    }

    @Test func `a stop that fails is tried again`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.cue("early", Self.cue)
        try await withAgent(of: cluster, .init(pod: "uid-early", name: "sidecar", stop: .fail)) { runtime in
            try await eventually("the second try") { runtime.calls.count > 1 }
            try await eventually("both are counted") { cluster.count("failed") > 1 }
        }
    }
}

extension Cluster {
    fileprivate func cue(_ pod: String, _ text: String) {
        server.update { api in
            _ = api.change("Pod", pod, in: Self.namespace) {
                $0["metadata"]?["annotations"] = [WellKnownNames.Annotation.stopCue: .string(text)]
            }
        }
    }

    fileprivate func count(_ result: String) -> Int {
        let name = "kpipe_node_agent_stops_total{result=\"\(result)\"} "
        let line = String(decoding: registry.exposition(), as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.dropFirst(name.count)) } ?? 0
    }
}
