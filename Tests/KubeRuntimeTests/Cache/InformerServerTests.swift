import Basics
import FakeKube
import KubeModel
import TestSupport
import Testing
import YAMLTree

@testable import KubeClient
@testable import KubeRuntime

/// Informers over sockets, while the server is not well.
@Suite struct InformerServerTests {
    static func pod(_ name: String, _ step: String = "0") -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": "default", "uid": .string("uid-\(name)"),
                "labels": ["step": .string(step)],
            ],
            "spec": ["containers": [["name": "main", "image": "registry.example/main:1"]]],
        ]
    }

    static func versions(_ server: FakeAPIServer) -> [String: String] {
        let pods = server.update { $0.objects("Pod", in: "default") }
        return Dictionary(
            pods.map { ($0.text(at: "metadata.name") ?? "", $0.text(at: "metadata.resourceVersion") ?? "") }
        ) { $1 }
    }

    @Test func `Ten watches outlive a server that is killed and restarted, and versions that are gone`() async throws {
        let server = try await FakeAPIServer.start()
        server.update { for index in 0..<40 { $0.place(Self.pod("pod-\(index)")) } }
        let watches = try TenWatches(server, namespace: "default")
        try await watches.run {
            try await watches.settle { Self.versions(server) }
            for round in 1...2 {
                await server.stop()
                server.update { api in
                    for index in 0..<10 { api.vanish("Pod", "pod-\(round * 10 + index)", in: "default") }
                    for index in 0..<5 { api.place(Self.pod("pod-\(index)", "\(round)")) }
                    for index in 0..<7 { api.place(Self.pod("new-\(round)-\(index)")) }
                    if round == 2 { api.store.compact() }
                }
                try await server.listen()
                try await watches.settle { Self.versions(server) }
                server.update { $0.place(Self.pod("late-\(round)")) }
                try await watches.settle { Self.versions(server) }
            }
        }
    }

    @Test(arguments: [
        Fault.gone, .unavailable, .garbage, .brokenJSON, .drop, .cut(afterBytes: 300), .events(.half(after: 2)),
        .events(.bookmarkWithoutVersion), .events(.line("rubbish", after: 1)), .tooManyRequests(retryAfter: 1),
    ])
    func `A fault of the first requests delays, and no more`(fault: Fault) async throws {
        let server = try await FakeAPIServer.start()
        server.update { for index in 0..<20 { $0.place(Self.pod("pod-\(index)")) } }
        server.inject(fault, times: 10)
        let watches = try TenWatches(server, namespace: "default")
        try await watches.run {
            try await watches.settle { Self.versions(server) }
            server.update { $0.place(Self.pod("late")) }
            try await watches.settle { Self.versions(server) }
        }
        #expect(server.faultCount > 0)
    }
}
