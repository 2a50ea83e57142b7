import Basics
import FakeKube
import HTTPTransport
import KubeClient
import KubeModel
import Logging
import OperatorConfiguration
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// A fake API server with one namespace and node, a controller on it, and what a kubelet and the Job controller would do
/// to a pod, by hand.
struct Cluster {
    let server: FakeAPIServer
    let client: KubeClient
    let access: ClusterAccess
    let registry = MetricRegistry()
    static let namespace = "team"

    init(_ options: KubeClientOptions = .init(rate: nil)) async throws {
        server = try await FakeAPIServer.start()
        server.update { api in
            api.addNamespace(Self.namespace)
            // The exit image runs here.
            api.anyPod.ephemeral = { _ in .ended(0) }
            api.place([
                "apiVersion": "v1", "kind": "Node", "metadata": ["name": "lab", "uid": "node-1"],
            ])
        }
        let address = try #require(ServerAddress(server.url, secureByDefault: false))
        access = ClusterAccess(server: address, proxy: .none)
        client = KubeClient(access, options)
    }

    /// A controller at work until `body` returns.
    ///
    /// - Parameter timeout: for what is asked of a container; longer than any machine is busy.
    func controlled<Value: Sendable>(
        _ configuration: TerminatorConfiguration = .exiting, _ options: TerminatorOptions = .init(),
        timeout: Duration = .seconds(60), _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let controller = TerminatorController(
            configuration, options, api: client, streams: ClusterStreams(client, timeout: timeout),
            registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await controller.run() }
            defer { controller.stop() }
            return try await body()
        }
    }

    func job(_ name: String, backoffLimit: Int) {
        let job: JSONValue = [
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": ["name": .string(name), "namespace": .string(Self.namespace), "uid": .string("job-\(name)")],
            "spec": ["backoffLimit": .integer(Int64(backoffLimit))],
        ]
        server.update { _ = $0.place(job) }
    }

    /// A Job's pod with `main` and the marked container `sidecar`.
    func pod(
        _ name: String, job: String = "step", policy: String = "Never", main: JSONValue = .ended(0),
        command: JSONValue = ["sh", "-c", "sleep 9"], restarts: Int = 0, in namespace: String = Self.namespace
    ) {
        func status(_ container: String, _ state: JSONValue, _ restarts: Int = 0) -> JSONValue {
            [
                "name": .string(container), "state": state, "restartCount": .integer(Int64(restarts)),
                "image": "busybox:latest", "imageID": "", "ready": false, "containerID": "containerd://x",
            ]
        }
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string("uid-\(name)"),
                "labels": [WellKnownNames.Label.jobUID: .string("job-\(job)")] as JSONValue,
                "finalizers": [.string(WellKnownNames.Finalizer.jobTracking)],
                "ownerReferences": [
                    [
                        "apiVersion": "batch/v1", "kind": "Job", "name": .string(job), "uid": .string("job-\(job)"),
                        "controller": true,
                    ]
                ],
            ],
            "spec": [
                "restartPolicy": .string(policy), "nodeName": "lab", "terminationGracePeriodSeconds": 3,
                "containers": [
                    ["name": "main", "image": "busybox:latest"],
                    [
                        "name": "sidecar", "image": "busybox:latest", "command": command,
                        "env": [["name": .string(WellKnownNames.Variable.terminate), "value": "true"]],
                    ],
                ],
            ],
            "status": [
                "phase": "Running",
                "containerStatuses": [
                    status("main", main, restarts),
                    status("sidecar", ["running": ["startedAt": "2026-11-21T06:00:00Z"]]),
                ],
            ],
        ]
        server.update { _ = $0.place(pod) }
    }

    /// A pod of which main has ended and a mesh's proxy, without a marker, runs on.
    func known(_ name: String, policy: String = "Never") {
        pod(name, policy: policy)
        server.update { api in
            _ = api.change("Pod", name, in: Self.namespace) { pod in
                pod["spec"]?["containers"] = .array(
                    ["main", "istio-proxy"].map { ["name": .string($0), "image": "busybox:latest"] })
                var statuses = pod["status"]?["containerStatuses"]?.array ?? []
                statuses[1]["name"] = "istio-proxy"
                pod["status"]?["containerStatuses"] = .array(statuses)
            }
        }
    }

    /// Takes the sidecars' markers away.
    func unmark(_ pods: String...) {
        for pod in pods {
            change(pod) { pod in
                pod["spec"]?["containers"] = .array(
                    ["main", "sidecar"].map { ["name": .string($0), "image": "busybox:latest"] })
            }
        }
    }

    func change(_ pod: String, _ change: (inout JSONValue) -> Void) {
        server.update { api in _ = api.change("Pod", pod, in: Self.namespace, change) }
    }

    /// Known sidecars count in the namespace from now on.
    func labelNamespace() {
        server.update { api in
            _ = api.change("Namespace", Self.namespace) {
                $0["metadata"]?["labels"] = .object([.init(WellKnownNames.Label.terminateKnown, "enabled")])
            }
        }
    }

    /// A client who may do this and no more, in group, resource and verbs.
    func client(may rules: [(String, String, [String])]) -> KubeClient {
        server.update { api in
            api.access.rules += rules.map { .init("limited", may: $0.2, [$0.1], group: $0.0) }
        }
        var access = access
        access.impersonation = Impersonation(user: "limited")
        return KubeClient(access, KubeClientOptions(rate: nil))
    }

    func object(_ pod: String, in namespace: String = Self.namespace) -> JSONValue? {
        server.update { $0.object("Pod", pod, in: namespace) }
    }

    func image(of pod: String, in namespace: String = Self.namespace) -> String? {
        object(pod, in: namespace)?["spec"]?["containers"]?.array?[1]["image"]?.string
    }

    func phase(of pod: String) -> String? { object(pod)?["status"]?["phase"]?.string }

    func progress(of pod: String) -> String? {
        object(pod)?["metadata"]?["annotations"]?[WellKnownNames.Annotation.progress]?.string
    }

    /// What the kubelet does when the image was swapped.
    func endSidecar(of pod: String) {
        server.update { api in
            _ = api.change("Pod", pod, in: Self.namespace) { pod in
                pod["status"]?["phase"] = "Succeeded"
                var statuses = pod["status"]?["containerStatuses"]?.array ?? []
                statuses[1]["state"] = .ended(0)
                statuses[1]["restartCount"] = 1
                pod["status"]?["containerStatuses"] = .array(statuses)
            }
        }
    }

    /// What the Job controller does when it has counted the pod.
    func count(_ pod: String) {
        server.update { api in
            _ = api.change("Pod", pod, in: Self.namespace) { $0["metadata"]?["finalizers"] = [] }
        }
    }
}

extension JSONValue {
    static func ended(_ code: Int) -> JSONValue {
        [
            "terminated": [
                "exitCode": .integer(Int64(code)), "reason": code == 0 ? "Completed" : "Error",
                "startedAt": "2026-11-21T06:00:00Z", "finishedAt": .string(KubeTime.now.text),
                "containerID": "containerd://x",
            ]
        ]
    }

    static let up: JSONValue = ["running": ["startedAt": "2026-11-21T06:00:00Z"]]
}

extension TerminatorConfiguration {
    static var exiting: TerminatorConfiguration {
        var configuration = TerminatorConfiguration()
        configuration.exitImage = "exit0:latest"
        return configuration
    }
}
