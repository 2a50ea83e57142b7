import KubeModel
import KubeTestSupport
import Logging
import TestSupport
import Testing

@testable import KubeClient
@testable import KubeRuntime

/// Ten informers of one server's objects, half of them in each encoding, with connections of their own.
struct TenWatches {
    struct Follower: Sendable {
        let informer: Informer<Day.WorldRecord>
        /// What its handler was told.
        let told: Shared<Day.Told>
        let api: ObservedAPI
    }

    let followers: [Follower]
    private let clients: [KubeClient]

    /// - Parameter refusesStreams: what the server would stream is refused, so that it is read in pages.
    init(
        _ server: any KubeServer, _ resource: APIResource = .pods, namespace: String, refusesStreams: Bool = false
    ) throws {
        let folder = try TemporaryFolder()
        try folder.write(server.kubeconfig(), to: "kubeconfig")
        let path = folder["kubeconfig"]
        clients = try (0..<10).map { _ in
            KubeClient(try ClusterAccess.load(.init(kubeconfig: path), environment: [:]))
        }
        let decoder = RecordDecoder(PartialObject.self) { object in
            Day.WorldRecord(name: object.metadata.name, version: Int(object.metadata.resourceVersion) ?? -1)
        }
        let options = InformerOptions(logger: Logger(label: "ten watches") { _ in SwiftLogNoOpLogHandler() })
        followers = clients.enumerated().map { index, client in
            let scope = WatchScope(resource, namespace: namespace, encoding: index % 2 == 0 ? .protobuf : .json)
            let api = ObservedAPI(client, refusesStreams: refusesStreams)
            let told = Shared(Day.Told())
            let informer = Informer(api, scope, decoder, options: options) { changes in
                told.change { told in
                    for change in changes { told.take(change) }
                }
            }
            return Follower(informer: informer, told: told, api: api)
        }
    }

    /// Follows the server while `body` runs. Nothing may be told twice, or out of order.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            for follower in followers { group.addTask { await follower.informer.run() } }
            defer { group.cancelAll() }
            try await body()
        }
        for client in clients { await client.shutdown() }
        for follower in followers {
            #expect(follower.told.value.mistakes.isEmpty)
            #expect(follower.told.value.synced == 1)
        }
    }

    /// Waits until every cache holds exactly `expected`, the names and versions of all objects, and every handler knows
    /// of them.
    func settle(on expected: () async throws -> [String: String]) async throws {
        try await eventually("ten caches in step", limit: .seconds(60)) {
            let expected = try await expected()
            return followers.allSatisfy { follower in
                var cached: [String: String] = [:]
                follower.informer.cache.visit { _, object in cached[object.name] = "\(object.version)" }
                let told = follower.told.value.objects.values.map { ($0.name, "\($0.version)") }
                return follower.informer.hasSynced && cached == expected
                    && Dictionary(told) { first, _ in first } == expected
            }
        }
    }
}
