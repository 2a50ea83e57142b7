import FakeKube
import Foundation
import KubeClient
import KubeModel
import TestSupport
import YAMLTree

extension APIResource {
    static let configMaps = APIResource(group: "", version: "v1", plural: "configmaps", kind: "ConfigMap")
}

/// A server that a test changes, kills and restarts while it is followed: the fake one or a real one.
struct FollowedServer {
    let server: any KubeServer
    let namespace = "followed"
    private let client: KubeClient

    /// One of its own.
    init(_ kind: ServerTests.Kind) async throws {
        switch kind {
        case .fake: server = try await FakeAPIServer.start()
        case .real: server = try await RealControlPlane.start()
        }
        let folder = try TemporaryFolder()
        try folder.write(server.kubeconfig(), to: "kubeconfig")
        client = KubeClient(
            try ClusterAccess.load(.init(kubeconfig: folder["kubeconfig"]), environment: [:]),
            KubeClientOptions(rate: nil))
        let object: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]
        let namespaces = APIResource(
            group: "", version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false)
        _ = try await client.send(.create(namespaces, body: Array(object.text.utf8)))
    }

    func create(_ names: [String]) async throws {
        try await each(names) { name in
            let map: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)]]
            return .create(.configMaps, namespace: namespace, body: Array(map.text.utf8))
        }
    }

    func change(_ names: [String], to value: String) async throws {
        try await each(names) { name in
            .patch(
                .configMaps, ObjectKey(namespace: namespace, name: name),
                .merge(["metadata": ["labels": ["value": .string(value)]]]))
        }
    }

    func delete(_ names: [String]) async throws {
        try await each(names) { .delete(.configMaps, ObjectKey(namespace: namespace, name: $0)) }
    }

    /// The versions of all objects by their names, as the server has them.
    func versions() async throws -> [String: String] {
        let answer = try await client.send(.list(.configMaps, namespace: namespace))
        let items = try YAMLNode(parsing: answer.body)["items"]?.sequence ?? []
        return Dictionary(
            items.map { item in
                let metadata = item["metadata"]
                return (metadata?["name"]?.text ?? "", metadata?["resourceVersion"]?.text ?? "")
            }
        ) { $1 }
    }

    /// Makes every version up to now one that is gone from the store.
    func compact() async throws {
        if let fake = server as? FakeAPIServer { fake.update { $0.store.compact() } }
        if let real = server as? RealControlPlane { try await real.compact() }
    }

    func kill() async {
        if let fake = server as? FakeAPIServer { await fake.stop() }
        if let real = server as? RealControlPlane { real.killAPIServer() }
    }

    func restart() async throws {
        if let fake = server as? FakeAPIServer { try await fake.listen() }
        if let real = server as? RealControlPlane { try await real.startAPIServer() }
    }

    private func each(_ names: [String], _ request: @escaping @Sendable (String) -> APIRequest) async throws {
        let client = client
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, name) in names.enumerated() {
                if index >= 16 { try await group.next() }
                group.addTask { _ = try await client.send(request(name)) }
            }
            try await group.waitForAll()
        }
    }
}
