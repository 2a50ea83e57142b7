import PodRules

/// What an operator wants installed.
package struct ClusterInstallation: Sendable, Equatable {
    package var namespace: String
    /// Of the controller and the node agent.
    package var image: String
    /// What containers are swapped to.
    package var exitImage: String
    package var replicas: Int
    /// The terminator's configuration file, as text; `nil` leaves the defaults. With the node agent it has to say so.
    package var configuration: String?
    /// A DaemonSet that ends containers through the runtime's socket.
    package var nodeAgent: Bool
    /// The socket's path on the nodes.
    package var runtimeSocket: String
    /// For the Prometheus operator.
    package var serviceMonitor: Bool
    /// Also where Kruise's ContainerRecreateRequest is to be used.
    package var kruise: Bool
    /// Sidecars become native as pods are created, where a label asks for it.
    package var webhook: Webhook?

    package static let defaultNamespace = "kpipe-system"
    /// Where the terminator and the node agent answer for their metrics and health.
    package static let statusPort = 8080
    package static let defaultRuntimeSocket = "/run/containerd/containerd.sock"

    package init(
        namespace: String = defaultNamespace, image: String, exitImage: String, replicas: Int = 2,
        configuration: String? = nil, nodeAgent: Bool = false, runtimeSocket: String = defaultRuntimeSocket,
        serviceMonitor: Bool = false, kruise: Bool = false, webhook: Webhook? = nil
    ) {
        self.namespace = namespace
        self.image = image
        self.exitImage = exitImage
        self.replicas = replicas
        self.configuration = configuration
        self.nodeAgent = nodeAgent
        self.runtimeSocket = runtimeSocket
        self.serviceMonitor = serviceMonitor
        self.kruise = kruise
        self.webhook = webhook
    }

    /// What goes into the ConfigMap: the terminator asks nothing of node agents that it is not told of.
    var terminatorConfiguration: String? { configuration ?? (nodeAgent ? "nodeAgent: true\n" : nil) }

    /// Everything to apply, in an order in which each object's namespace and account are there before it.
    package var documents: [ManifestValue] {
        [namespaceDocument] + TerminatorInstallation(installation: self).documents
            + (webhookInstallation?.documents ?? [])
            + (nodeAgent ? NodeAgentInstallation(installation: self).documents : [])
    }

    /// What the terminator's account may do in the whole cluster.
    package static func terminatorAccess(kruise: Bool) -> [AccessRule] {
        TerminatorInstallation.clusterRules(kruise: kruise)
    }

    /// What it may do in its own namespace.
    package static var terminatorLeaseAccess: AccessRule { TerminatorInstallation.lease }

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
                    Self.labels(nil).fields + [.init("pod-security.kubernetes.io/enforce", .text(level))]),
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

    /// A role in the whole cluster or in our namespace alone, and its binding to the account of the same name.
    func access(_ name: String, rules: [AccessRule], inCluster: Bool) -> [ManifestValue] {
        let prefix = inCluster ? "Cluster" : ""
        let metadata = metadata(name, namespaced: !inCluster)
        return [
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": .text(prefix + "Role"), "metadata": metadata,
                "rules": .list(rules.map(\.manifest)),
            ],
            [
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": .text(prefix + "RoleBinding"),
                "metadata": metadata,
                "roleRef": [
                    "apiGroup": "rbac.authorization.k8s.io", "kind": .text(prefix + "Role"), "name": .text(name),
                ],
                "subjects": [["kind": "ServiceAccount", "name": .text(name), "namespace": .text(namespace)]],
            ],
        ]
    }

    func account(_ name: String) -> ManifestValue {
        ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name)]
    }
}

extension ClusterInstallation {
    /// The admission webhook: names and numbers that the terminator's configuration decides.
    package struct Webhook: Sendable, Equatable {
        package enum Certificates: Sendable {
            /// The terminator's own, in a Secret that it keeps.
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
        package var service: String
        package var secret: String
        /// The name of the MutatingWebhookConfiguration.
        package var configuration: String
        /// How long the API server waits.
        package var timeoutSeconds: Int
        /// The label that asks for conversion, and its values.
        package var label: String
        package var enabled: String
        package var disabled: String
        /// The label that holds a namespace's name.
        package var nameLabel: String
        /// Namespaces whose pods are never changed, beside our own.
        package var excludedNamespaces: [String]

        package init(
            port: Int, path: String, certificates: Certificates, certificateFolder: String, service: String,
            secret: String, configuration: String, timeoutSeconds: Int, label: String, enabled: String,
            disabled: String, nameLabel: String, excludedNamespaces: [String]
        ) {
            self.port = port
            self.path = path
            self.certificates = certificates
            self.certificateFolder = certificateFolder
            self.service = service
            self.secret = secret
            self.configuration = configuration
            self.timeoutSeconds = timeoutSeconds
            self.label = label
            self.enabled = enabled
            self.disabled = disabled
            self.nameLabel = nameLabel
            self.excludedNamespaces = excludedNamespaces
        }
    }
}

/// One rule of a role: what may be done with which objects.
package struct AccessRule: Sendable, Equatable {
    package var group: String
    /// `pods`, `pods/status` …
    package var resources: [String]
    package var verbs: [String]
    package var names: [String] = []
    /// What the program needs it for.
    package var purpose: String

    init(
        _ group: String, _ resources: [String], _ verbs: [String], names: [String] = [], for purpose: String
    ) {
        self.group = group
        self.resources = resources
        self.verbs = verbs
        self.names = names
        self.purpose = purpose
    }

    var manifest: ManifestValue {
        .map(present: [
            "apiGroups": [.text(group)], "resources": .texts(resources),
            "resourceNames": names.isEmpty ? nil : .texts(names), "verbs": .texts(verbs),
        ])
    }
}
