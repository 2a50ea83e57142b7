import Basics
import FakeKube
import HTTPTransport
import Testing
import YAMLTree

@Suite struct WatchTests {
    static func pod(_ name: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "namespace": "default"],
            "spec": ["restartPolicy": "Never", "containers": [["name": "main", "image": "busybox"]]],
        ]
    }

    @Test func objectsEnterAndLeaveASelection() async throws {
        let server = try await FakeAPIServer.start()
        let api = Exchange(server)
        let target =
            "/api/v1/pods?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
            + "&fieldSelector=status.phase%3DRunning,spec.restartPolicy!%3DAlways"
        let events = try await api.events(target, 4) {
            let pods = "/api/v1/namespaces/default/pods"
            let merge = "application/merge-patch+json"
            _ = try await api.send("POST", pods, Self.pod("a"))
            for phase in ["Running", "Running", "Succeeded"] {
                let patch: JSONValue = ["status": ["phase": .string(phase), "message": .string(phase)]]
                _ = try await api.send("PATCH", "\(pods)/a/status", patch, type: merge)
            }
            _ = try await api.send("PATCH", "\(pods)/a", ["metadata": ["labels": ["x": "y"]]], type: merge)
            let patch: JSONValue = ["status": ["phase": "Running"]]
            let (status, _) = try await api.send("PATCH", "\(pods)/a/status", patch, type: merge)
            #expect(status == 200)
        }
        #expect(events.map { $0["type"]?.string } == ["BOOKMARK", "ADDED", "DELETED", "ADDED"])
        #expect(events[2].text(at: "object.status.phase") == "Running")
    }

    @Test func aCompactedVersionIsAnEvent() async throws {
        let server = try await FakeAPIServer.start()
        server.update { $0.store.compact() }
        let events = try await Exchange(server).events("/api/v1/pods?watch=1&resourceVersion=1", 1)
        #expect(events.count == 1)
        #expect(events[0].text(at: "object.reason") == "Expired")
        #expect(events[0][path: ["object", "code"]]?.integer == 410)
    }
}
