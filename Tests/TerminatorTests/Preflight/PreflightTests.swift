import Basics
import FakeKube
import KubeClient
import KubeModel
import OperatorConfiguration
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// Against the fake API server.
@Suite struct PreflightTests {
    private static let plan = Preflight.Plan(
        home: "kpipe-system", scope: nil,
        needs: [
            AccessNeed("patch", "", "pods", in: nil, for: "the annotation", isEssential: true),
            AccessNeed("create", "", "pods/exec", in: nil, for: "the rung exec", isEssential: false),
        ], lease: "kpipe-sidecar-terminator", terminatorLabels: "app=terminator", agentLabels: "app=agent")

    private static func outcomes(_ checks: [PreflightCheck]) -> [String: PreflightCheck.Outcome] {
        Dictionary(checks.map { ($0.subject, $0.outcome) }, uniquingKeysWith: { max($0, $1) })
    }

    @Test func `an operator's look at a cluster with a stuck pod`() async throws {
        let cluster = try await Cluster()
        cluster.pod("early")
        cluster.server.update { api in
            api.place([
                "apiVersion": "v1", "kind": "Node",
                "metadata": ["name": "burst", "labels": ["type": "virtual-kubelet"]],
            ])
        }
        let checks = await Preflight(cluster.client, .exiting, Self.plan).checks(
            now: KubeTime.now.microseconds / 1_000_000)
        let outcomes = Self.outcomes(checks)
        #expect(outcomes["permissions"] == .pass)
        #expect(outcomes["OpenKruise"] == .pass)
        #expect(outcomes["virtual nodes"] == .warn)
        #expect(outcomes["terminator"] == .warn)
        #expect(outcomes["stuck pods"] == .warn)
        #expect(checks.first { $0.subject == "stuck pods" }?.finding.contains("team/early") == true)
        #expect(
            cluster.server.requests.allSatisfy { $0.method == "GET" || $0.target.contains("selfsubjectaccessreviews") })
        await cluster.client.shutdown()
    }

    @Test func `a leader and its agents are seen`() async throws {
        let cluster = try await Cluster()
        cluster.server.update { api in
            api.addNamespace("kpipe-system")
            api.place([
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": ["name": "kpipe-sidecar-terminator", "namespace": "kpipe-system"],
                "spec": [
                    "holderIdentity": "one", "leaseDurationSeconds": 15,
                    "renewTime": .string(KubeTime.now.text.replacing("Z", with: ".123456Z")),
                ],
            ])
            api.place([
                "apiVersion": "v1", "kind": "Pod",
                "metadata": ["name": "agent-1", "namespace": "kpipe-system", "labels": ["app": "agent"]],
                "spec": ["nodeName": "lab", "containers": [["name": "agent"]]],
                "status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]],
            ])
        }
        var configuration = TerminatorConfiguration.exiting
        configuration.nodeAgent = true
        let checks = await Preflight(cluster.client, configuration, Self.plan).checks(
            now: KubeTime.now.microseconds / 1_000_000)
        let outcomes = Self.outcomes(checks)
        #expect(outcomes["terminator"] == .pass)
        #expect(outcomes["node agents"] == .pass)
        await cluster.client.shutdown()
    }

    @Test func `what a limited account may not do is named`() async throws {
        let cluster = try await Cluster()
        let limited = cluster.client(may: [("", "pods", ["get", "list", "watch"]), ("", "nodes", ["get"])])
        let checks = await Preflight(limited, .exiting, Self.plan).checks(now: KubeTime.now.microseconds / 1_000_000)
        let permissions = checks.filter { $0.subject == "permissions" }
        #expect(permissions.map(\.outcome) == [.fail, .warn])
        #expect(permissions.first?.finding.contains("patch pods") == true)
        #expect(checks.first { $0.subject == "virtual nodes" }?.outcome == .warn)
        await limited.shutdown()
        await cluster.client.shutdown()
    }

    @Test func `a server that is not there is one line`() async throws {
        let cluster = try await Cluster()
        await cluster.server.stop()
        let checks = await Preflight(cluster.client, .exiting, Self.plan).checks(now: 0)
        #expect(checks.map(\.subject).contains("API server"))
        #expect(checks.allSatisfy { $0.outcome == .fail })
        await cluster.client.shutdown()
    }

    /// The pod is the asker's own, and goes again, however it went.
    @Test(
        arguments: [
            (["Completed", "Completed"], PreflightCheck.Outcome.pass), (["Completed", "StartError"], .warn),
            (["StartError", "StartError"], .fail), (["ErrImagePull", "ErrImagePull"], .fail), ([], .fail),
        ] as [([String], PreflightCheck.Outcome)])
    func `the exit image is tried with a pod`(_ ends: [String], _ outcome: PreflightCheck.Outcome) async throws {
        let cluster = try await Cluster()
        let clock = VirtualClock()
        var plan = Self.plan
        plan.trial = Cluster.namespace
        let preflight = Preflight(cluster.client, .exiting, plan, time: Timepiece(clock))
        async let checks = preflight.checks(now: 1600)
        let pod = try await eventually("the pod") {
            cluster.server.update { $0.objects("Pod", in: Cluster.namespace) }.first
        }
        #expect(pod[path: ["spec", "automountServiceAccountToken"]] == false)
        let name = try #require(pod.text(at: "metadata.name"))
        #expect(name.hasPrefix("kpipe-rehearsal-"))
        cluster.server.update { api in
            _ = api.change("Pod", name, in: Cluster.namespace) { pod in
                pod[path: ["status", "containerStatuses"]] = .array(
                    zip(["exit", "shell"], ends).map { container, end in
                        let state: JSONValue =
                            switch end {
                            case "Completed": .ended(0)
                            case "StartError":
                                ["terminated": ["exitCode": 128, "reason": "StartError"]]
                            default: ["waiting": ["reason": .string(end)]]
                            }
                        return ["name": .string(container), "image": "x", "imageID": "", "state": state]
                    })
            }
        }
        // Whoever waits waits by the clock.
        let ticking = Task {
            while !Task.isCancelled {
                clock.advance(by: .seconds(1))
                try? await Task.sleep(for: .milliseconds(2))
            }
        }
        #expect(await checks.first { $0.subject == "exit image" }?.outcome == outcome)
        ticking.cancel()
        #expect(cluster.server.update { $0.objects("Pod", in: Cluster.namespace) }.isEmpty)
        await cluster.client.shutdown()
    }
}
