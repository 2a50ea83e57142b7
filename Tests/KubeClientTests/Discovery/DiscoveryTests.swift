import Basics
import KubeModel
import Synchronization
import TestSupport
import Testing

@testable import KubeClient

/// Answers from a table, and counts what it was asked.
private final class TableAPI: KubeAPI {
    private let asked = Mutex<[String]>([])
    private let answers: [String: String]

    init(_ answers: [String: String]) { self.answers = answers }

    var requests: [String] { asked.withLock { $0 } }

    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
        asked.withLock { $0.append(request.path) }
        guard let answer = answers[request.path] else {
            throw KubeError(attempted: request.path, reason: .status(APIStatus(code: 404)))
        }
        return APIResponse(status: 200, body: Array(answer.utf8))
    }

    func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        throw KubeError(attempted: request.path, reason: .malformed("no streams here"))
    }
}

@Suite struct DiscoveryTests {
    private let clock = VirtualClock()
    private let api = TableAPI([
        "/version": #"{"major":"1","minor":"29+","gitVersion":"v1.29.4-gke.1"}"#,
        "/api": #"{"kind":"APIVersions","versions":["v1"]}"#,
        "/apis": """
        {"kind":"APIGroupList","groups":[{"name":"batch","versions":[{"groupVersion":"batch/v1","version":"v1"}]},
         {"name":"x.io","versions":[{"groupVersion":"x.io/v2"},{"groupVersion":"x.io/v1"}]}]}
        """,
        "/api/v1": """
        {"kind":"APIResourceList","groupVersion":"v1","resources":[
          {"name":"pods/exec","kind":"PodExecOptions","namespaced":true,"verbs":["create","get"]},
          {"name":"pods","kind":"Pod","namespaced":true,"verbs":["get","list"],"shortNames":["po"]},
          {"name":"nodes","kind":"Node","namespaced":false,"verbs":["get"]}]}
        """,
        "/apis/odd/v1": "[]",
    ])

    private var discovery: Discovery { Discovery(api, time: Timepiece(clock)) }

    @Test func knowsTheVersion() async throws {
        let version = try await discovery.version()
        #expect(version == ServerVersion(1, 29))
        #expect(version < ServerVersion(1, 33))
        #expect(version.description == "v1.29.4-gke.1")
    }

    @Test func listsGroupVersions() async throws {
        #expect(try await discovery.groupVersions() == ["v1", "batch/v1", "x.io/v2", "x.io/v1"])
    }

    @Test func knowsResources() async throws {
        let discovery = discovery
        #expect(
            try await discovery.resources(group: "", version: "v1") == [
                ServedResource(
                    resource: .pods, verbs: ["get", "list"], subresources: ["exec"], shortNames: ["po"]),
                ServedResource(resource: .nodes, verbs: ["get"]),
            ])
        #expect(try await discovery.serves(.pods))
        #expect(try await !discovery.serves(.namespaces))
        #expect(try await !discovery.serves(.jobs), "a group that is not served has no resources")
        #expect(api.requests == ["/api/v1", "/apis/batch/v1"])
    }

    @Test func asksAgainOnlyAfterAWhile() async throws {
        let discovery = discovery
        for _ in 0..<2 { _ = try await discovery.version() }
        #expect(api.requests.count == 1)
        clock.advance(by: Discovery.lifetime)
        _ = try await discovery.version()
        #expect(api.requests.count == 2)
    }

    @Test func asksSoonerForWhatIsNotServed() async throws {
        let discovery = discovery
        for _ in 0..<2 { #expect(try await !discovery.serves(.jobs)) }
        #expect(api.requests.count == 1)
        clock.advance(by: Discovery.lifetimeOfAbsence)
        #expect(try await !discovery.serves(.jobs))
        #expect(api.requests.count == 2)
        #expect(Discovery.lifetimeOfAbsence < Discovery.lifetime)
    }

    @Test func asksAgainAboutWhatWasForgotten() async throws {
        let discovery = discovery
        for _ in 0..<2 { #expect(try await discovery.serves(.pods)) }
        discovery.forget(group: "", version: "v1")
        #expect(try await discovery.serves(.pods))
        #expect(api.requests == ["/api/v1", "/api/v1"])
    }

    @Test func asksOnceForAllWhoWantToKnow() async throws {
        let discovery = discovery
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { try await discovery.serves(.pods) } }
            for try await serves in group { #expect(serves) }
        }
        #expect(api.requests == ["/api/v1"])
    }

    @Test func saysWhatIsNoAnswer() async {
        let error = await #expect(throws: KubeError.self) {
            try await discovery.resources(group: "odd", version: "v1")
        }
        #expect(error?.description == "GET /apis/odd/v1: the answer is not a JSON object")
    }
}
