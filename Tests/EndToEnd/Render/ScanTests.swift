import Basics
import FakeKube
import Foundation
import TestSupport
import Testing
import YAMLTree

/// `render scan` against an API server.
@Suite struct ScanTests {
    private static func deployment(_ name: String, _ namespace: String) -> JSONValue {
        [
            "apiVersion": "apps/v1", "kind": "Deployment",
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
