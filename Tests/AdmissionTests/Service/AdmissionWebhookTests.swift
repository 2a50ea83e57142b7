import Basics
import FakeKube
import HTTPServer
import KubeClient
import OperatorConfiguration
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Admission

@Suite struct AdmissionWebhookTests {
    static func review(_ pod: String = Reviews.marked, namespace: String = "team", dryRun: Bool = false) throws
        -> [UInt8]
    {
        let object = try Reviews.json("apiVersion: v1\nkind: Pod\n" + pod)
        return Array(
            """
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"42",
            "kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","namespace":"\(namespace)",
            "dryRun":\(dryRun),"object":\(object)}}
            """.utf8)
    }

    static func post(_ body: [UInt8], path: String = "/convert", type: String = "application/json") -> ServerRequest {
        ServerRequest(method: "POST", path: path, contentType: type, body: body)
    }

    static func response(_ webhook: AdmissionWebhook, _ body: [UInt8]) async throws -> YAMLNode {
        let answer = await webhook.respond(to: post(body))
        #expect(answer.status == 200)
        let review = try YAMLNode(json: answer.body)
        #expect(review["apiVersion"]?.text == "admission.k8s.io/v1")
        #expect(review["response"]?["uid"]?.text == "42")
        #expect(review["response"]?["allowed"]?.text == "true")
        return try #require(review["response"])
    }

    @Test(
        arguments: [
            (ServerRequest(path: "/convert"), 405),
            (post([], path: "/"), 404),
            (post([], type: "text/plain"), 415),
            (post([], type: ""), 415),
            (post([]), 400),
            (post([0x7B], type: "application/json; charset=utf-8"), 400),
            (post(Array("{}".utf8)), 400),
        ])
    func nonsenseIsRefused(request: ServerRequest, status: Int) async throws {
        let cluster = try await WebhookCluster()
        #expect(await cluster.webhook().respond(to: request).status == status)
        #expect(String(decoding: cluster.registry.exposition(), as: UTF8.self).contains(#"{result="malformed"} 1"#))
    }

    @Test(arguments: [("team", true), ("plain", false), ("kube-system", false), (WebhookCluster.own, false)])
    func theNamespaceDecides(namespace: String, isConverted: Bool) async throws {
        let cluster = try await WebhookCluster()
        let response = try await Self.response(cluster.webhook(), try Self.review(namespace: namespace))
        #expect((response["patch"] != nil) == isConverted)
    }

    /// Crowds of pods do not ask for their namespace each; a label that has come since counts at once.
    @Test func namespacesAreRememberedOnlyWhereTheyAsk() async throws {
        let cluster = try await WebhookCluster()
        let webhook = cluster.webhook()
        for _ in 0..<3 { _ = try await Self.response(webhook, try Self.review()) }
        #expect(cluster.server.requests.count { $0.target.hasSuffix("/namespaces/team") } == 1)
        #expect(try await Self.response(webhook, try Self.review(namespace: "plain"))["patch"] == nil)
        cluster.server.update { api in
            _ = api.change("Namespace", "plain") {
                $0["metadata"]?["labels"] = ["sidecar.k-pipe.cloud/convert": "enabled"]
            }
        }
        #expect(try await Self.response(webhook, try Self.review(namespace: "plain"))["patch"] != nil)
    }

    @Test(arguments: [false, true]) func theOwnerIsToldButNotInADryRun(dryRun: Bool) async throws {
        let cluster = try await WebhookCluster()
        var configuration = TerminatorConfiguration()
        configuration.webhook.port = 0
        let webhook = cluster.webhook(configuration)
        let server = try await webhook.listen()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await webhook.run(server) }
            defer { group.cancelAll() }
            let response = try await Self.response(webhook, try Self.review(PodAdmissionTests.owned, dryRun: dryRun))
            #expect(response["warnings"]?.sequence?.first?.text?.contains("KS001") == true)
            if dryRun {
                // One that is told, behind the one that is not.
                let other = PodAdmissionTests.owned.replacing("uid: j", with: "uid: k")
                _ = try await Self.response(webhook, try Self.review(other))
            }
            try await eventually("an Event") { !cluster.events.isEmpty }
            let uids = cluster.events.map { $0[path: ["involvedObject", "uid"]]?.string }
            #expect(uids == [dryRun ? "k" : "j"])
            #expect(cluster.events.first?["reason"]?.string == AdmissionEvent.left)
        }
    }

    @Test func aServerWithoutNativeSidecarsIsLeftAlone() async throws {
        var api = FakeAPI()
        api.options.version = "v1.28.4"
        let cluster = try await WebhookCluster(api)
        let response = try await Self.response(cluster.webhook(), try Self.review())
        #expect(response["patch"] == nil)
        #expect(response["warnings"]?.sequence?.first?.text?.contains("1.28.4 has no native sidecars") == true)
    }

    /// The API server that asks hangs when it is asked: the pod comes in as it is, within the deadline.
    @Test func decisionsEndInTime() async throws {
        let cluster = try await WebhookCluster()
        cluster.server.inject(.stall, times: 99)
        var configuration = TerminatorConfiguration()
        configuration.webhook.deadline = .milliseconds(200)
        let response = try await Self.response(cluster.webhook(configuration), try Self.review())
        #expect(response["patch"] == nil)
        #expect(response["warnings"]?.sequence?.first?.text?.contains("deciding took longer") == true)
        #expect(String(decoding: cluster.registry.exposition(), as: UTF8.self).contains(#"{result="late"} 1"#))
    }

    /// What is decided too late changes nothing, but the owner hears of it.
    @Test func aLateDecisionIsTold() async throws {
        let cluster = try await WebhookCluster()
        var configuration = TerminatorConfiguration()
        (configuration.webhook.port, configuration.webhook.deadline) = (0, .milliseconds(100))
        let slow = SlowAPI(cluster.client)
        let webhook = cluster.webhook(configuration, api: slow)
        let server = try await webhook.listen()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await webhook.run(server) }
            defer { group.cancelAll() }
            let owned = Reviews.marked.replacing(
                "name: step",
                with: """
                    generateName: step-
                      ownerReferences: [{apiVersion: batch/v1, kind: Job, name: step, uid: j, controller: true}]
                    """)
            let response = try await Self.response(webhook, try Self.review(owned))
            #expect(response["patch"] == nil)
            #expect(cluster.events.isEmpty)
            slow.release.send()
            try await eventually("an Event") { !cluster.events.isEmpty }
            let event = try #require(cluster.events.first)
            #expect(event["reason"]?.string == AdmissionEvent.left)
            #expect(event["message"]?.string?.contains("deciding took longer than") == true)
            #expect(event[path: ["involvedObject", "uid"]]?.string == "j")
        }
    }

    @Test func aClusterThatCannotBeAskedLeavesThePodAsItIs() async throws {
        let cluster = try await WebhookCluster()
        cluster.server.inject(.status(StatusError(403, "Forbidden", "no")), times: 99)
        let response = try await Self.response(cluster.webhook(), try Self.review())
        #expect(response["patch"] == nil)
        #expect(response["warnings"]?.sequence?.isEmpty == false)
    }

    @Test func aDryRunOfOursOnlySaysWhat() async throws {
        let cluster = try await WebhookCluster()
        let response = try await Self.response(cluster.webhook(isDryRun: true), try Self.review())
        #expect(response["patch"] == nil)
        #expect(response["warnings"]?.sequence?.first?.text?.contains("would make native: logger") == true)
    }

    /// Patches are found in the audit log without the pods' bodies.
    @Test func auditAnnotationsNameTheSidecars() async throws {
        let cluster = try await WebhookCluster()
        let response = try await Self.response(cluster.webhook(), try Self.review())
        #expect(response["auditAnnotations"]?["converted"]?.text == "logger")
    }
}

/// Says its version, which every review asks for first, only when it is let go.
private final class SlowAPI: KubeAPI {
    let release = Signal()
    private let api: any KubeAPI

    init(_ api: any KubeAPI) { self.api = api }

    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
        if request.path == "/version" { await release.wait() }
        return try await api.send(request)
    }

    func open(_ request: APIRequest) async throws(KubeError) -> APIStream { try await api.open(request) }
}
