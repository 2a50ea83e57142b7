internal import Basics
internal import FakeKube
import Foundation
internal import KubeClient
package import KubeModel
package import TestSupport
import YAMLTree

/// The fake API server, or a real one where its programs are.
package enum ServerKind: Sendable, CaseIterable {
    case fake, real

    package static var available: [ServerKind] { RealControlPlane.programs == nil ? [.fake] : allCases }
}

extension APIResource {
    package static let configMaps = APIResource(group: "", version: "v1", plural: "configmaps", kind: "ConfigMap")
}

/// A server that a test changes, kills and restarts while it is followed: the fake one or a real one.
package struct FollowedServer {
    package let server: any KubeServer
    package let namespace = "followed"
    private let client: KubeClient

    /// One of its own.
    package init(_ kind: ServerKind) async throws {
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

    package func create(_ names: [String]) async throws {
        try await each(names) { name in
            let map: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)]]
            return .create(.configMaps, namespace: namespace, body: Array(map.text.utf8))
        }
    }

    package func change(_ names: [String], to value: String) async throws {
        try await each(names) { name in
            .patch(
                .configMaps, ObjectKey(namespace: namespace, name: name),
                .merge(["metadata": ["labels": ["value": .string(value)]]]))
        }
    }

    package func delete(_ names: [String]) async throws {
        try await each(names) { .delete(.configMaps, ObjectKey(namespace: namespace, name: $0)) }
    }

    /// The versions of all objects by their names, as the server has them.
    package func versions() async throws -> [String: String] {
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
    package func compact() async throws {
        if let fake = server as? FakeAPIServer { fake.update { $0.store.compact() } }
        if let real = server as? RealControlPlane { try await real.compact() }
    }

    package func kill() async {
        if let fake = server as? FakeAPIServer { await fake.stop() }
        if let real = server as? RealControlPlane { real.killAPIServer() }
    }

    package func restart() async throws {
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
