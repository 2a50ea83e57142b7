import Testing

@testable import Render

@Suite struct WebhookInstallationTests {
    static func installation(
        _ certificates: ClusterInstallation.Webhook.Certificates = .own, namespace: String = "ours"
    ) -> ClusterInstallation {
        var installation = InstallationTests.plain
        installation.namespace = namespace
        installation.webhook = ClusterInstallation.Webhook(
            port: 9443, path: "/convert", certificates: certificates, certificateFolder: "/certificate",
            service: "hook", secret: "hook-certificate", configuration: "hook-configuration", timeoutSeconds: 5)
        return installation
    }

    static func document(_ kind: String, _ name: String, in installation: ClusterInstallation) -> ManifestValue? {
        installation.documents.first {
            $0["kind"]?.scalar == kind && $0["metadata"]?["name"]?.scalar == name
        }
    }

    static func webhooks(_ installation: ClusterInstallation) -> [ManifestValue] {
        document("MutatingWebhookConfiguration", "hook-configuration", in: installation)?["webhooks"]?.elements ?? []
    }

    /// Nothing about it may keep a pod from being created, or slow its creation for long.
    @Test func outagesKeepNobodyOut() {
        let webhooks = Self.webhooks(Self.installation())
        #expect(webhooks.count == 2)
        for webhook in webhooks {
            #expect(webhook["failurePolicy"]?.scalar == "Ignore")
            #expect(webhook["timeoutSeconds"]?.scalar == "5")
            #expect(webhook["reinvocationPolicy"]?.scalar == "IfNeeded")
            #expect(webhook["sideEffects"]?.scalar == "NoneOnDryRun")
            #expect(webhook["clientConfig"]?["service"]?["path"]?.scalar == "/convert")
            #expect(webhook["clientConfig"]?["service"]?["namespace"]?.scalar == "ours")
            #expect((webhook["name"]?.scalar ?? "").split(separator: ".").count >= 3)
        }
    }

    /// What the selectors let through, as the API server evaluates them.
    @Test(
        arguments: [
            (["sidecar.k-pipe.cloud/convert": "enabled"], [:], 1),
            ([:], ["sidecar.k-pipe.cloud/convert": "enabled"], 1),
            (["sidecar.k-pipe.cloud/convert": "enabled"], ["sidecar.k-pipe.cloud/convert": "enabled"], 1),
            (["sidecar.k-pipe.cloud/convert": "enabled"], ["sidecar.k-pipe.cloud/convert": "disabled"], 0),
            (["sidecar.k-pipe.cloud/convert": "disabled"], [:], 0),
            (["sidecar.k-pipe.cloud/convert": "disabled"], ["sidecar.k-pipe.cloud/convert": "enabled"], 1),
            ([:], [:], 0),
            (["sidecar.k-pipe.cloud/convert": "enabled", "kubernetes.io/metadata.name": "kube-system"], [:], 0),
            (["kubernetes.io/metadata.name": "kube-system"], ["sidecar.k-pipe.cloud/convert": "enabled"], 0),
            (["sidecar.k-pipe.cloud/convert": "enabled", "kubernetes.io/metadata.name": "ours"], [:], 0),
        ] as [([String: String], [String: String], Int)])
    func eachObjectIsAskedAboutOnce(namespace: [String: String], object: [String: String], calls: Int) {
        let asked = Self.webhooks(Self.installation()).count { webhook in
            Self.matches(webhook["namespaceSelector"], namespace) && Self.matches(webhook["objectSelector"], object)
        }
        #expect(asked == calls)
    }

    private static func matches(_ selector: ManifestValue?, _ labels: [String: String]) -> Bool {
        (selector?["matchExpressions"]?.elements ?? []).allSatisfy { requirement in
            let value = labels[requirement["key"]?.scalar ?? ""]
            let isAmong = value.map { requirement["values"]?.elements.compactMap(\.scalar).contains($0) ?? false }
            return requirement["operator"]?.scalar == "In" ? isAmong ?? false : !(isAmong ?? false)
        }
    }

    /// Secrets and webhooks of others are none of its business.
    @Test func rightsNameTheirObjects() {
        let rules = Self.installation().documents.flatMap { $0["rules"]?.elements ?? [] }
        for (resource, name) in [
            ("secrets", "hook-certificate"), ("mutatingwebhookconfigurations", "hook-configuration"),
        ] {
            let found = rules.filter { $0["resources"]?.elements.compactMap(\.scalar).contains(resource) ?? false }
            #expect(found.count == 1)
            #expect(found.first?["resourceNames"]?.elements.compactMap(\.scalar) == [name])
            #expect(found.first?["verbs"]?.elements.compactMap(\.scalar) == ["get", "patch"])
        }
    }

    @Test(arguments: [ClusterInstallation.Webhook.Certificates.own, .certManager, .given])
    func certificatesAreSomebodys(certificates: ClusterInstallation.Webhook.Certificates) {
        let installation = Self.installation(certificates)
        let isOwn = certificates == .own
        #expect((Self.document("Secret", "hook-certificate", in: installation) != nil) == isOwn)
        #expect((Self.document("Certificate", "hook", in: installation) != nil) == (certificates == .certManager))
        let text = ManifestWriter.yaml(installation.documents)
        #expect(text.contains("cert-manager.io/inject-ca-from: ours/hook") == (certificates == .certManager))
        #expect(text.contains("mountPath: /certificate") == !isOwn)
        #expect(text.contains("mutatingwebhookconfigurations") == isOwn)
    }

    @Test(arguments: [nil, "-----BEGIN CERTIFICATE-----"] as [String?])
    func podsOfItsOwnServeIt(authority: String?) throws {
        var installation = Self.installation()
        installation.webhook?.clientAuthority = authority
        let deployment = Self.document("Deployment", "kpipe-webhook", in: installation)
        let container = try #require(deployment?["spec"]?["template"]?["spec"]?["containers"]?.elements.first)
        let arguments = container["args"]?.elements.compactMap(\.scalar) ?? []
        #expect(arguments.prefix(3) == ["webhook", "--port", "9443"])
        #expect(arguments.contains("--client-ca") == (authority != nil))
        #expect(container["ports"]?.elements.compactMap { $0["containerPort"]?.scalar } == ["8080", "9443"])
        let service = Self.document("Service", "hook", in: installation)
        #expect(service?["spec"]?["ports"]?.elements.first?["targetPort"]?.scalar == "webhook")
        #expect(service?["spec"]?["selector"] == deployment?["spec"]?["selector"]?["matchLabels"])
        #expect(
            (Self.document("ConfigMap", "kpipe-webhook-client-authority", in: installation) != nil)
                == (authority != nil))
        // The terminator has none of it.
        let terminator = Self.document("Deployment", "kpipe-terminator", in: installation)
        #expect(!ManifestWriter.yaml([try #require(terminator)]).contains("9443"))
        let rights = Self.document("ClusterRole", "kpipe-terminator", in: installation)
        #expect(!ManifestWriter.yaml([try #require(rights)]).contains("admissionregistration"))
    }
}
