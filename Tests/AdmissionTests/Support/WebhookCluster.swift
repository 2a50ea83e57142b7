import Basics
import FakeKube
import HTTPTransport
import KubeClient
import KubeModel
import Logging
import OperatorConfiguration
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Admission

/// A fake API server with a labelled namespace and a webhook's configuration.
struct WebhookCluster {
    let server: FakeAPIServer
    let client: KubeClient
    let registry = MetricRegistry()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let own = "kpipe-system"
    static let requests = CertificateRequests(
        secret: ObjectKey(namespace: own, name: "certificate"), configuration: "webhook")

    init(_ api: FakeAPI = FakeAPI(), isConfigured: Bool = true) async throws {
        server = try await FakeAPIServer.start(api)
        server.update { api in
            api.addNamespace(Self.own)
            api.addNamespace("plain")
            api.place([
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": ["name": "team", "labels": ["sidecar.k-pipe.cloud/convert": "enabled"]],
            ])
            if isConfigured {
                api.place([
                    "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                    "metadata": ["name": "webhook"],
                    "webhooks": [
                        ["name": "one.example.com", "clientConfig": ["url": "https://localhost"]],
                        ["name": "two.example.com", "clientConfig": ["url": "https://localhost"]],
                    ],
                ])
            }
        }
        let address = try #require(ServerAddress(server.url, secureByDefault: false))
        client = KubeClient(ClusterAccess(server: address, proxy: .none), KubeClientOptions(rate: nil))
    }

    func keeper(
        _ serving: ServingCertificate = ServingCertificate(), at now: Int64 = CertificateIssuerTests.now
    ) -> CertificateKeeper {
        CertificateKeeper(
            api: client, requests: Self.requests, plan: CertificateIssuerTests.plan, serving: serving, logger: logger,
            time: .system, wall: WallClock { now * 1_000_000 })
    }

    func webhook(
        _ configuration: TerminatorConfiguration = TerminatorConfiguration(), isDryRun: Bool = false,
        clientAuthority: String? = nil, api: (any KubeAPI)? = nil, time: Timepiece = .system
    ) -> AdmissionWebhook {
        AdmissionWebhook(
            configuration,
            AdmissionOptions(ownNamespace: Self.own, isDryRun: isDryRun, clientAuthority: clientAuthority),
            api: api ?? client, registry: registry, logger: logger, time: time)
    }

    var material: CertificateMaterial? {
        get throws {
            let secret = server.update { $0.object("Secret", "certificate", in: Self.own) }
            return try secret.map { try CertificateRequests.stored(Array($0.text.utf8)).material }
        }
    }

    /// Of each webhook.
    var bundles: [String?] {
        let configuration = server.update { $0.object("MutatingWebhookConfiguration", "webhook") }
        return (configuration?["webhooks"]?.array ?? []).map { $0[path: ["clientConfig", "caBundle"]]?.string }
    }

    var events: [JSONValue] { server.update { $0.objects("Event") } }
}
