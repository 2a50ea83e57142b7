import Basics
import FakeKube
import HTTPTransport
import Testing
import YAMLTree

/// Pods alike, as benchmarks use them, are like any others to whoever looks.
@Suite struct ManyPodsTests {
    private static let protobuf = ["Accept": "application/vnd.kubernetes.protobuf", "Accept-Encoding": "identity"]

    @Test func pagesAreTheSameInJSONAndProtobuf() async throws {
        let server = try await FakeAPIServer.start()
        server.update { $0.fill(pods: 25) }
        let api = Exchange(server)
        let target =
            "/api/v1/pods?limit=10&fieldSelector=spec.restartPolicy!%3DAlways,status.phase!%3DSucceeded"
            + "&labelSelector=job-name"
        var page = target
        var names: [String] = []
        for count in [10, 10, 5] {
            let json = try await api.send("GET", page).body
            let decoded = try ProtobufDecoder().decode(try await api.bytes(page, headers: Self.protobuf))
            let items = try #require(json["items"]?.array)
            #expect(items.count == count)
            names += items.compactMap { $0.text(at: "metadata.name") }
            let other = try #require(decoded["items"]?.array)
            for path in ["metadata.name", "metadata.uid", "metadata.resourceVersion", "spec.nodeName", "status.phase"] {
                #expect(items.map { $0.text(at: path) } == other.map { $0.text(at: path) })
            }
            let statuses = items.map { $0[path: ["status", "containerStatuses"]]?[1]?["state"] }
            #expect(statuses == other.map { $0[path: ["status", "containerStatuses"]]?[1]?["state"] })
            page = "\(target)&continue=\(json.text(at: "metadata.continue") ?? "")"
        }
        #expect(names.count == 25)
        #expect(names.first == "step-000000-x7k2p")
        #expect(names.last == "step-000024-x7k2p")
        #expect(names == names.sorted())
    }

    @Test func oneOfThemCanChange() async throws {
        let server = try await FakeAPIServer.start()
        server.update { $0.fill(pods: 3) }
        let api = Exchange(server)
        let pod = "/api/v1/namespaces/load/pods/step-000001-x7k2p"
        #expect(try await api.send("GET", pod).body.text(at: "metadata.resourceVersion") == "1000001")
        let target = "/api/v1/pods?watch=1&resourceVersion=\(server.update { $0.store.version })"
        let events = try await api.events("\(target)&fieldSelector=status.phase%3DRunning", 1) {
            _ = try await api.send(
                "PATCH", "\(pod)/status", ["status": ["phase": "Succeeded"]], type: "application/merge-patch+json")
        }
        #expect(events.first?["type"] == "DELETED")
        let (_, list) = try await api.send("GET", "/api/v1/pods?fieldSelector=status.phase%3DRunning")
        #expect(list["items"]?.array?.count == 2)
    }
}
