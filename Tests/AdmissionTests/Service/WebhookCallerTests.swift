import Basics
import FakeKube
import OperatorConfiguration
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Admission
@testable import Render

/// What the webhook believes of whoever calls, and what it may do itself.
@Suite struct WebhookCallerTests {
    /// All marked, so that its owner is told; asks for conversion by its own label.
    static let asking = PodAdmissionTests.owned.replacing(
        "metadata:\n", with: "metadata:\n  labels: {sidecar.k-pipe.cloud/convert: enabled}\n")

    static var configuration: TerminatorConfiguration {
        var configuration = TerminatorConfiguration()
        configuration.webhook.port = 0
        (configuration.webhook.secret, configuration.webhook.configuration) = ("certificate", "webhook")
        return configuration
    }

    /// A webhook at work.
    static func working<Value: Sendable>(
        _ webhook: AdmissionWebhook, _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        let server = try await webhook.listen()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await webhook.run(server) }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Anybody may send a review about anything. Only the namespace's own label, or the caller's certificate, says that the
    /// API server asked.
    @Test(
        arguments: [
            ("team", false, "told"), ("plain", false, "unproven"), ("plain", true, "told"), ("team", true, "told"),
        ])
    func `Events are about what the API server asked`(namespace: String, isCallerKnown: Bool, outcome: String)
        async throws
    {
        let cluster = try await WebhookCluster()
        let webhook = cluster.webhook(Self.configuration, clientAuthority: isCallerKnown ? "ca.crt" : nil)
        let review = try AdmissionWebhookTests.review(Self.asking, namespace: namespace)
        let response = try await AdmissionWebhookTests.response(webhook, review)
        #expect(response["warnings"] != nil)
        let metrics = String(decoding: cluster.registry.exposition(), as: UTF8.self)
        #expect(metrics.contains(#"kpipe_webhook_events_total{result="\#(outcome)"} 1"#))
    }

    /// Whoever sends reviews as fast as they are answered.
    @Test func `Events have one budget`() async throws {
        let cluster = try await WebhookCluster()
        let clock = VirtualClock()
        let webhook = cluster.webhook(Self.configuration, time: Timepiece(clock))
        for number in 0..<60 {
            let pod = Self.asking.replacing("uid: j", with: "uid: j\(number)")
            _ = try await AdmissionWebhookTests.response(webhook, try AdmissionWebhookTests.review(pod))
        }
        var metrics = String(decoding: cluster.registry.exposition(), as: UTF8.self)
        #expect(metrics.contains(#"kpipe_webhook_events_total{result="told"} 50"#))
        #expect(metrics.contains(#"kpipe_webhook_events_total{result="budget"} 10"#))
        clock.advance(by: .seconds(1))
        _ = try await AdmissionWebhookTests.response(webhook, try AdmissionWebhookTests.review(Self.asking))
        metrics = String(decoding: cluster.registry.exposition(), as: UTF8.self)
        #expect(metrics.contains(#"kpipe_webhook_events_total{result="told"} 51"#))
    }

    @Test func `a changed configuration counts for the next pod`() async throws {
        let cluster = try await WebhookCluster()
        let webhook = cluster.webhook(Self.configuration)
        let listed = Reviews.marked.replacing(
            "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT\n      value: \"true\"", with: "OTHER\n      value: x"
        ).replacing("metadata:\n", with: "metadata:\n  annotations: {example.com/sidecars: logger}\n")
        let review = try AdmissionWebhookTests.review(listed)
        #expect(try await AdmissionWebhookTests.response(webhook, review)["patch"] == nil)
        var changed = Self.configuration
        changed.annotations.sidecars = ["example.com/sidecars"]
        #expect(webhook.adopt(changed) == nil)
        #expect(try await AdmissionWebhookTests.response(webhook, review)["patch"] != nil)
        changed.webhook.secret = "another"
        #expect(webhook.adopt(changed)?.contains("restart the webhook") == true)
    }

    @Test(.requires(.openssl)) func `callers of one authority are asked for, or nobody is let in`() async throws {
        let certificates = try await Certificates()
        let material = try CertificateIssuerTests.made(at: CertificateIssuerTests.now)
        let folder = try TemporaryFolder("callers")
        let path = folder["ca.crt"]
        let serving = ServingCertificate(clientAuthority: path)
        #expect(throws: CertificateFailure.self) { try serving.serve(material.identity) }
        #expect(serving.tls == nil)
        try folder.write("no certificate", to: "ca.crt")
        #expect(throws: CertificateFailure.self) { try serving.serve(material.identity) }
        #expect(serving.tls == nil)
        try folder.write(
            String(decoding: try SmallFile.bytes(certificates.authority), as: UTF8.self), to: "ca.crt")
        try serving.serve(material.identity)
        #expect(serving.tls != nil)
        // A file that breaks later opens nothing: what was asked before is asked still.
        try folder.write("", to: "ca.crt")
        #expect(throws: CertificateFailure.self) { try serving.serve(material.identity) }
        #expect(serving.tls != nil)
    }

    /// The roles that are installed, beside what it asks of an API server: certificates, labels, Events.
    @Test func `it may do what it does, and no more`() async throws {
        let cluster = try await WebhookCluster()
        cluster.server.update { api in
            _ = api.place([
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": ["name": "certificate", "namespace": .string(WebhookCluster.own)],
            ])
        }
        let webhook = cluster.webhook(Self.configuration)
        try await Self.working(webhook) {
            try await eventually("the certificate") { webhook.isReady }
            for _ in 0..<2 {
                // The second one is counted into the first.
                let review = try AdmissionWebhookTests.review(PodAdmissionTests.owned)
                _ = try await AdmissionWebhookTests.response(webhook, review)
                try await eventually("an Event") { !cluster.events.isEmpty }
            }
            try await eventually("its count") {
                cluster.server.requests.contains { $0.method == "PATCH" && $0.target.contains("/events/") }
            }
        }
        let requests = cluster.server.requests
        let calls = cluster.server.update { api in requests.flatMap { api.needs($0.method, $0.target) } }
        let installed = ClusterInstallation.Webhook(
            port: 9443, path: "/convert", certificates: .own, certificateFolder: "/x", service: "s",
            secret: "certificate", configuration: "webhook", timeoutSeconds: 5)
        let rules = AccessRules(
            tokens: [:],
            rules: WebhookInstallation.clusterRules(installed).map { Self.rule($0, in: nil) }
                + WebhookInstallation.rules(installed).map { Self.rule($0, in: WebhookCluster.own) })
        let (missing, unused) = rules.differences(from: calls, for: "webhook")
        #expect(missing == [])
        #expect(unused == [])
    }

    private static func rule(_ rule: AccessRule, in namespace: String?) -> AccessRules.Rule {
        AccessRules.Rule(
            "webhook", may: rule.verbs, rule.resources, group: rule.group, in: namespace, names: rule.names)
    }
}
