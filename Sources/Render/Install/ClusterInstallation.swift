/// What an operator wants installed.
package struct ClusterInstallation: Sendable, Equatable {
    package var namespace = ClusterInstallation.defaultNamespace
    /// Of the controller and the node agent.
    package var image: String
    /// What containers are swapped to; `nil`: what the configuration names.
    package var exitImage: String?
    package var replicas = 2
    /// The configuration file of all programs, as text; `nil` leaves the defaults. With the node agent it has to say so.
    package var configuration: String?
    /// What that leaves open to the terminator.
    package var reach = TerminatorReach()
    /// The only namespace that the terminator looks at; `nil`: all. Then nothing here is cluster-wide.
    package var onlyNamespace: String?
    /// Where the API servers are, in CIDR notation, for the network policies; empty: not known.
    package var apiServers: [String] = []
    /// A DaemonSet that ends containers through the runtime's socket.
    package var nodeAgent = false
    /// The socket's path on the nodes.
    package var runtimeSocket = ClusterInstallation.defaultRuntimeSocket
    /// For the Prometheus operator.
    package var serviceMonitor = false
    /// Sidecars become native as pods are created, where a label asks for it.
    package var webhook: Webhook?
    /// The same by the API server itself, as far as that goes.
    package var policy: ConversionPolicy?

    package static let defaultNamespace = "kpipe-system"
    /// Where the terminator and the node agent answer for their metrics and health.
    package static let statusPort = 8080
    package static let defaultRuntimeSocket = "/run/containerd/containerd.sock"

    package init(image: String) { self.image = image }

    /// What goes into the ConfigMap: the terminator asks nothing of node agents that it is not told of. It is there even
    /// if it says nothing, so that whoever changes it later is heard.
    var terminatorConfiguration: String { configuration ?? (nodeAgent ? "nodeAgent: true\n" : "{}\n") }

    /// Everything to apply, in an order in which each object's namespace and account are there before it.
    package var documents: [ManifestValue] {
        (onlyNamespace == namespace ? [] : [namespaceDocument]) + TerminatorInstallation(installation: self).documents
            + (webhookInstallation?.documents ?? []) + (policy?.documents(in: self) ?? [])
            + (nodeAgent ? NodeAgentInstallation(installation: self).documents : [])
    }

    /// Whoever holds it leads.
    package static let leaseName = "kpipe-sidecar-terminator"

    /// Label selectors of its pods, and of the node agents'.
    package static var terminatorSelector: String { selector(TerminatorInstallation.name) }
    package static var nodeAgentSelector: String { selector(NodeAgentInstallation.name) }

    private static func selector(_ name: String) -> String {
        labels(component(name)).fields.compactMap { label in
            if case .text(let value) = label.value { "\(label.name)=\(value)" } else { nil }
        }.joined(separator: ",")
    }

    var webhookInstallation: WebhookInstallation? {
        webhook.map { WebhookInstallation(installation: self, webhook: $0) }
    }

    /// The node agent mounts a socket of its node, which only the privileged standard lets through; all else here
    /// passes the restricted one.
    private var namespaceDocument: ManifestValue {
        let level = nodeAgent ? "privileged" : "restricted"
        return [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": [
                "name": .text(namespace),
                "labels": .map(
                    Self.labels(nil).fields
                        + ["enforce", "audit", "warn"].map { .init("pod-security.kubernetes.io/\($0)", .text(level)) }),
            ],
        ]
    }

    /// The recommended labels; `component` is `nil` for what serves several.
    static func labels(_ component: String?) -> ManifestValue {
        .map(present: [
            "app.kubernetes.io/name": "kpipe-sidecar",
            "app.kubernetes.io/component": component.map { .text($0) },
        ])
    }

    /// - Parameter name: also the value of the component's label, without its prefix.
    func metadata(_ name: String, namespaced: Bool = true) -> ManifestValue {
        .map(present: [
            "name": .text(name), "namespace": namespaced ? .text(namespace) : nil,
            "labels": Self.labels(Self.component(name)),
        ])
    }

    static func component(_ name: String) -> String {
        name.hasPrefix("kpipe-") ? String(name.dropFirst("kpipe-".count)) : name
    }
}

extension ClusterInstallation {
    /// The admission webhook: names and numbers that the configuration decides.
    package struct Webhook: Sendable, Equatable {
        package enum Certificates: Sendable {
            /// The webhook's own, in a Secret that it keeps.
            case own
            /// cert-manager's.
            case certManager
            /// Somebody's, in a Secret that is there.
            case given
        }

        package var port: Int
        /// Where reviews are posted.
        package var path: String
        package var certificates: Certificates
        /// Where a certificate that is not our own is mounted.
        package var certificateFolder: String
        /// Callers have to show a certificate of this authority (PEM); `nil`: anybody may call.
        package var clientAuthority: String?
        /// Further names and addresses in the certificate.
        package var hosts: [String] = []
        package var service: String
        package var secret: String
        /// The name of the MutatingWebhookConfiguration.
        package var configuration: String
        /// How long the API server waits.
        package var timeoutSeconds: Int

        package init(
            port: Int, path: String, certificates: Certificates, certificateFolder: String,
            clientAuthority: String? = nil, service: String, secret: String, configuration: String, timeoutSeconds: Int
        ) {
            self.port = port
            self.path = path
            self.certificates = certificates
            self.certificateFolder = certificateFolder
            self.clientAuthority = clientAuthority
            self.service = service
            self.secret = secret
            self.configuration = configuration
            self.timeoutSeconds = timeoutSeconds
        }
    }
}
