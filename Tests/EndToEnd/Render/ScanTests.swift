import Basics
import FakeKube
import Foundation
import TestSupport
import Testing
import YAMLTree

/// `render scan` against an API server.
@Suite struct ScanTests {
    private static func deployment(
        _ name: String, _ namespace: String, kind: String = "Deployment", api: String = "apps/v1"
    ) -> JSONValue {
        [
            "apiVersion": .string(api), "kind": .string(kind),
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "spec": [
                "selector": ["matchLabels": ["app": "x"]],
                "template": [
                    "metadata": ["labels": ["app": "x"]],
                    "spec": [
                        "containers": [
                            ["name": "main", "image": "a"],
                            [
                                "name": "side", "image": "b",
                                "env": [["name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "value": "true"]],
                            ],
                        ]
                    ],
                ],
            ],
        ]
    }

    private func scan(_ server: FakeAPIServer, _ arguments: String...) async throws -> Finished {
        let folder = try TemporaryFolder("scan")
        try folder.write(server.kubeconfig(), to: "config")
        return try await run(
            Product.sidecar.path, ["render", "scan", "--kubeconfig", folder["config"]] + arguments)
    }

    @Test func everyPageIsReadAndNothingIsWritten() async throws {
        let server = try await FakeAPIServer.start()
        try server.update { (api) throws(StatusError) in
            for namespace in ["data", "shop"] { api.addNamespace(namespace) }
            for number in 0..<600 {
                _ = try api.create(Self.deployment("web-\(number)", number % 2 == 0 ? "data" : "shop"))
            }
        }
        let all = try await scan(server, "-A", "-o", "json")
        #expect(all.status == .exited(0), "\(all.error)")
        let document = try YAMLNode(json: Array(all.output.utf8))
        #expect(document["workloads"]?.sequence?.count == 600)
        #expect(document["workloads"]?[0]?["verdict"]?.text == "convertible")
        let one = try await scan(server, "-n", "shop")
        #expect(one.output.contains("300 workloads on Kubernetes"), "\(one.output.suffix(300))")
        let sarif = try await scan(server, "-A", "-o", "sarif")
        #expect(sarif.output.contains("\"uri\":\"apis/apps/v1/namespaces/data/deployments/web-0\""))
    }

    /// The version of a group that the server prefers need not serve every kind of the group.
    @Test func kindsOfOlderVersionsAreReadToo() async throws {
        let server = try await FakeAPIServer.start()
        let kinds = [("v1beta1", "StatefulSet"), ("v1alpha1", "StatefulSet"), ("v1alpha1", "CloneSet")]
        try server.update { (api) throws(StatusError) in
            api.addNamespace("data")
            for (version, kind) in kinds {
                api.catalogue.add(ResourceType("apps.kruise.io/\(version)", kind.lowercased() + "s", kind))
            }
            for (version, kind) in [kinds[0], kinds[2]] {
                _ = try api.create(Self.deployment("x", "data", kind: kind, api: "apps.kruise.io/\(version)"))
            }
        }
        let all = try await scan(server, "-A", "-o", "json")
        let found = try YAMLNode(json: Array(all.output.utf8))["workloads"]?.sequence?.compactMap { $0["kind"]?.text }
        #expect(found?.sorted() == ["CloneSet", "StatefulSet"], "\(all.error)")
    }

    @Test func aScanThatIsStoppedEndsAtOnceAndLeavesNothing() async throws {
        let server = try await FakeAPIServer.start()
        server.inject(.stall, for: .init("GET", "/apis/apps/v1/deployments"))
        let folder = try TemporaryFolder("scan")
        try folder.write(server.kubeconfig(), to: "config")
        let scan = try ChildProcess(
            Product.sidecar.path,
            ["render", "scan", "-A", "--kubeconfig", folder["config"], "--output-file", folder["found"]])
        try await eventually("the list") { server.requests.contains { $0.target.contains("/deployments") } }
        scan.kill(SIGINT)
        #expect(try await scan.wait(atMost: .seconds(10)) == .signaled(SIGINT))
        #expect(scan.output.isEmpty && scan.errorOutput.isEmpty && !folder.exists("found"))
    }

    @Test func aClusterThatDoesNotAnswerIsNamed() async throws {
        let folder = try TemporaryFolder("scan")
        let config = try await FakeAPIServer.start().kubeconfig()
        try folder.write(config.replacing("server: ", with: "server: https://127.0.0.1:1 # "), to: "config")
        let finished = try await run(
            Product.sidecar.path, ["render", "scan", "--kubeconfig", folder["config"]])
        #expect(finished.status != .exited(0) && !finished.error.isEmpty)
    }
}
