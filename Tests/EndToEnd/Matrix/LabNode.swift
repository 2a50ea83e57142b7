import Basics
import FakeKube
import TerminatorScenarios
import TestSupport
import Testing
import YAMLTree

/// The real node of `LAB_HOME`: its API server through kubectl, its container runtime through ctr.
struct LabNode {
    let kubeconfig: String
    let socket: String

    static var atHand: LabNode? {
        guard let kubeconfig = Lab.kubeconfig, let socket = Lab.runtimeSocket else { return nil }
        return LabNode(kubeconfig: kubeconfig, socket: socket)
    }

    /// Whether it is there and ready, and we may import images.
    static func isReady() async -> Bool {
        guard let node = atHand, let names = try? await node.names(), names.count == 1 else { return false }
        return (try? await node.runtime(["version"])) != nil
    }

    /// Of the nodes that are ready.
    func names() async throws -> [String] {
        let nodes = try await get("/api/v1/nodes")
        return (nodes["items"]?.array ?? []).filter { node in
            (node[path: ["status", "conditions"]]?.array ?? []).contains {
                $0["type"]?.string == "Ready" && $0["status"]?.string == "True"
            }
        }.compactMap { $0.text(at: "metadata.name") }
    }

    @discardableResult
    func kubectl(_ arguments: [String], input: String = "", limit: Duration = .seconds(60)) async throws -> String {
        try await output(
            Tool.kubectl.path ?? "kubectl", ["--kubeconfig", kubeconfig] + arguments, input: Array(input.utf8),
            limit: limit)
    }

    func get(_ path: String) async throws -> JSONValue {
        try JSONValue(parsing: await kubectl(["get", "--raw", path]))
    }

    func create(_ objects: [JSONValue]) async throws {
        try await kubectl(
            ["create", "-f", "-"], input: objects.map(\.text).joined(separator: "\n---\n"), limit: .seconds(120))
    }

    @discardableResult
    func runtime(_ arguments: [String]) async throws -> String {
        try await output("ctr", ["--address", socket, "--namespace", "k8s.io"] + arguments, limit: .seconds(120))
    }

    /// Imports what is not there yet.
    func load(_ images: [TestImage]) async throws {
        let known = try await runtime(["images", "ls", "--quiet"]).split(separator: "\n").map(String.init)
        let folder = try TemporaryFolder("images")
        for image in images {
            if !known.contains(image.name) {
                try await runtime(["images", "import", await image.archive(in: folder)])
            }
            for name in image.otherNames where !known.contains(name) {
                try await runtime(["images", "tag", image.name, name])
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the suite, and says so, where there is no real node.
    static var requiresRealNode: Self {
        .enabled("needs kubectl, ctr, and a node that is ready in the cluster of LAB_HOME") { await LabNode.isReady() }
    }
}
