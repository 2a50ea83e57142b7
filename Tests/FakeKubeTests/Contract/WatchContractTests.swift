import Basics
import FakeKube
import Foundation
import HTTPTransport
import TestSupport
import Testing
import YAMLTree

/// Watches, on the fake server and on a real one.
@Suite struct WatchContractTests {
    @Test func theFakeServerStreamsAsARealOne() async throws {
        let server = try await FakeAPIServer.start()
        try await Self.follow(server)
    }

    @Test(.requiresRealControlPlane)
    func aRealServerStreamsSo() async throws { try await Self.follow(RealControlPlane.shared()) }

    private static func follow(_ server: some KubeServer) async throws {
        let api = Exchange(server)
        let namespace = "watch-\(UUID().uuidString.lowercased().prefix(8))"
        _ = try await api.send(
            "POST", "/api/v1/namespaces",
            ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]])
        let maps = "/api/v1/namespaces/\(namespace)/configmaps"
        for name in ["a", "b"] {
            let labels: JSONValue = ["tier": .string(name == "a" ? "x" : "y")]
            _ = try await api.send("POST", maps, ContractCase.configMap(name, labels: labels))
        }
        let target =
            "\(maps)?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
            + "&labelSelector=tier%3Dx"
        let isLast = { (events: [JSONValue]) in
            events.last?["type"] == "DELETED" && events.last?.text(at: "object.metadata.name") == "a"
        }
        let events = try await api.events(target, until: isLast) {
            let merge = "application/merge-patch+json"
            let label = { (tier: String) -> JSONValue in ["metadata": ["labels": ["tier": .string(tier)]]] }
            // Into the selection, changed in it, out of it.
            _ = try await api.send("PATCH", "\(maps)/b", label("x"), type: merge)
            _ = try await api.send("PATCH", "\(maps)/b", ["data": ["k": "v"]], type: merge)
            _ = try await api.send("PATCH", "\(maps)/b", label("y"), type: merge)
            _ = try await api.send("DELETE", "\(maps)/a")
        }
        let told = events.enumerated().filter { $0 < 2 || $1["type"] != "BOOKMARK" }.map(\.element).map { event in
            [
                event["type"]?.string, event.text(at: "object.metadata.name"),
                event.text(at: "object.metadata.labels.tier"),
            ]
        }
        #expect(
            told == [
                ["ADDED", "a", "x"], ["BOOKMARK", nil, nil], ["ADDED", "b", "x"], ["MODIFIED", "b", "x"],
                ["DELETED", "b", "x"], ["DELETED", "a", "x"],
            ])
        #expect(events[1][path: ["object", "metadata", "annotations"]]?.texts == ["k8s.io/initial-events-end": "true"])
        let versions = try events.map { try #require(Int($0.text(at: "object.metadata.resourceVersion") ?? "")) }
        #expect(versions == versions.sorted())

        // From a version on: what came after it, and nothing before.
        let changed = try #require(
            events.last { $0["type"] == "MODIFIED" }?.text(at: "object.metadata.resourceVersion"))
        let later = try await api.events("\(maps)?watch=1&resourceVersion=\(changed)", 2)
        #expect(later.map { $0["type"]?.string } == ["MODIFIED", "DELETED"])
        // A single object by name.
        let one = try await api.events("\(maps)?watch=1&fieldSelector=metadata.name%3Db&timeoutSeconds=1", 100)
        #expect(one.map { $0["type"]?.string } == ["ADDED"])
    }
}
