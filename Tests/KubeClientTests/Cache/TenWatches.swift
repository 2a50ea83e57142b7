import KubeModel
import TestSupport

@testable import KubeClient

/// Ten informers of one server's pods, half of them in each encoding, with connections of their own.
struct TenWatches {
    struct Seen: Sendable, Equatable {
        var name: String
        var version: String
    }

    let informers: [Informer<Seen>]
    private let clients: [KubeClient]

    init(_ server: some KubeServer, namespace: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(server.kubeconfig(), to: "kubeconfig")
        let path = folder["kubeconfig"]
        clients = try (0..<10).map { _ in
            KubeClient(try ClusterAccess.load(.init(kubeconfig: path), environment: [:]))
        }
        let decoder = RecordDecoder(PartialObject.self) { object in
            Seen(name: object.metadata.name, version: object.metadata.resourceVersion)
        }
        informers = clients.enumerated().map { index, client in
            let scope = WatchScope(.pods, namespace: namespace, encoding: index % 2 == 0 ? .protobuf : .json)
            return Informer(client, scope, decoder) { _ in }
        }
    }

    /// Follows the server while `body` runs.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            for informer in informers { group.addTask { await informer.run() } }
            defer { group.cancelAll() }
            try await body()
        }
        for client in clients { await client.shutdown() }
    }

    /// Waits until every cache holds exactly `expected`, the names and versions of all pods.
    func settle(on expected: () async throws -> [String: String]) async throws {
        try await eventually("ten caches in step", limit: .seconds(60)) {
            let expected = try await expected()
            return informers.allSatisfy { informer in
                var seen: [String: String] = [:]
                informer.cache.visit { _, pod in seen[pod.name] = pod.version }
                return informer.hasSynced && seen == expected
            }
        }
    }
}
