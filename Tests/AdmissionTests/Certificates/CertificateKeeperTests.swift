import Basics
import FakeKube
import Foundation
import KubeClient
import Logging
import TestSupport
import Testing
import YAMLTree

@testable import Admission

@Suite struct CertificateKeeperTests {
    static let now = CertificateIssuerTests.now
    static let day: Int64 = 86_400

    /// A bundle as it stands in the configuration.
    static func encoded(_ material: CertificateMaterial?) -> String? {
        material.map { Data($0.bundle.utf8).base64EncodedString() }
    }

    @Test func theFirstReplicaMakesWhatAllShow() async throws {
        let cluster = try await WebhookCluster()
        let (one, two) = (ServingCertificate(), ServingCertificate())
        try await cluster.keeper(one).look()
        let made = try #require(try cluster.material)
        try await cluster.keeper(two).look()
        #expect(try cluster.material == made)
        #expect(cluster.bundles == [Self.encoded(made), Self.encoded(made)])
        #expect(one.expiry == Self.now + 90 * Self.day)
        #expect(two.expiry == one.expiry)
    }

    /// Whoever loses the race takes what the other has made.
    @Test func replicasThatStartAtOnceAgree() async throws {
        let cluster = try await WebhookCluster()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { try await cluster.keeper().look() } }
            try await group.waitForAll()
        }
        let state = CertificateReader(CertificateIssuerTests.plan).state(of: try #require(try cluster.material))
        #expect(state.authorities.count == 1)
        #expect(cluster.bundles == [Self.encoded(try cluster.material), Self.encoded(try cluster.material)])
    }

    /// What `render install` brings along, so that nobody needs the right to create Secrets.
    @Test func anEmptySecretIsFilled() async throws {
        let cluster = try await WebhookCluster()
        cluster.server.update { api in
            _ = api.place([
                "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                "metadata": ["namespace": .string(WebhookCluster.own), "name": "certificate", "labels": ["a": "b"]],
            ])
        }
        let serving = ServingCertificate()
        try await cluster.keeper(serving).look()
        #expect(serving.isLoaded)
        let secret = cluster.server.update { $0.object("Secret", "certificate", in: WebhookCluster.own) }
        #expect(secret?[path: ["metadata", "labels", "a"]]?.string == "b")
        #expect(!cluster.server.requests.contains { $0.method == "POST" })
    }

    @Test func aBundleThatWasOverwrittenIsMended() async throws {
        let cluster = try await WebhookCluster()
        try await cluster.keeper().look()
        let before = cluster.bundles
        cluster.server.update { api in
            _ = api.change("MutatingWebhookConfiguration", "webhook") { configuration in
                let webhooks = configuration["webhooks"]?.array ?? []
                let bare: JSONValue = ["name": "two.example.com", "clientConfig": ["url": "https://localhost"]]
                configuration["webhooks"] = .array(webhooks.prefix(1) + [bare])
            }
        }
        #expect(cluster.bundles != before)
        try await cluster.keeper().look()
        #expect(cluster.bundles == before)
        cluster.server.forgetRequests()
        try await cluster.keeper().look()
        // Nothing is written where nothing differs.
        #expect(cluster.server.requests.allSatisfy { $0.method == "GET" })
    }

    @Test func certificatesAreRenewedInTime() async throws {
        let cluster = try await WebhookCluster()
        let serving = ServingCertificate()
        try await cluster.keeper(serving).look()
        let first = try #require(try cluster.material)
        try await cluster.keeper(serving, at: Self.now + 61 * Self.day).look()
        let second = try #require(try cluster.material)
        #expect(second.authorities == first.authorities && second.leaf != first.leaf)
        #expect(serving.expiry == Self.now + 151 * Self.day)

        // In its last third the authority gets a successor, which both trust before it signs.
        let late = Self.now + 244 * Self.day
        try await cluster.keeper(serving, at: late).look()
        let third = try #require(try cluster.material)
        #expect(third.authorities.count >= 1)
        try await cluster.keeper(serving, at: late + 700).look()
        try await cluster.keeper(serving, at: late + 1500).look()
        let last = try #require(try cluster.material)
        #expect(last.authorities.count == 1 && last.authorities != first.authorities)
        #expect(cluster.bundles == [Self.encoded(last), Self.encoded(last)])
    }

    @Test func withoutAConfigurationItServesAllTheSame() async throws {
        let cluster = try await WebhookCluster(isConfigured: false)
        let serving = ServingCertificate()
        try await cluster.keeper(serving).look()
        #expect(serving.isLoaded)
    }

    @Test func missingRightsAreNamed() async throws {
        let cluster = try await WebhookCluster()
        cluster.server.inject(
            .status(StatusError(403, "Forbidden", "may not get secrets")),
            for: .init("GET", "/api/v1/namespaces/kpipe-system/secrets"), times: 9)
        let serving = ServingCertificate()
        let error = await #expect(throws: CertificateFailure.self) { try await cluster.keeper(serving).look() }
        #expect(error?.description.contains("may not get secrets") == true)
        #expect(!serving.isLoaded)
    }

    /// No key is in what is logged or thrown, whatever is in the Secret.
    @Test func aSecretThatIsNonsenseIsReplaced() async throws {
        let cluster = try await WebhookCluster()
        cluster.server.update { api in
            _ = api.place([
                "apiVersion": "v1", "kind": "Secret",
                "metadata": ["namespace": .string(WebhookCluster.own), "name": "certificate"],
                "data": ["ca.crt": "###", "tls.crt": "AAAA", "tls.key": "AAAA"],
            ])
        }
        let serving = ServingCertificate()
        try await cluster.keeper(serving).look()
        #expect(serving.isLoaded)
    }
}

@Suite struct CertificateFolderTests {
    @Test func filesAreFollowed() throws {
        let folder = try TemporaryFolder("certificate")
        let serving = ServingCertificate()
        let certificates = CertificateFolder(
            folder: folder.path, serving: serving, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() },
            time: .system)
        #expect(throws: CertificateFailure.self) { try certificates.look() }

        let first = try CertificateIssuerTests.made()
        try folder.write(first.leaf, to: "tls.crt")
        try folder.write(first.leafKey, to: "tls.key")
        try certificates.look()
        #expect(serving.expiry == CertificateIssuerTests.now + 90 * 86_400)

        // Half of a change: what was shown stays.
        let second = try CertificateIssuerTests.made(at: CertificateIssuerTests.now + 1000)
        try folder.write(second.leaf, to: "tls.crt")
        #expect(throws: CertificateFailure.self) { try certificates.look() }
        #expect(serving.expiry == CertificateIssuerTests.now + 90 * 86_400)
        try folder.write(second.leafKey, to: "tls.key")
        try certificates.look()
        #expect(serving.expiry == CertificateIssuerTests.now + 1000 + 90 * 86_400)
    }
}
