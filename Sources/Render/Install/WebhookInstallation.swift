internal import KubeModel

/// The admission webhook: replicas that all answer, what they may do, and what makes the API server ask them about pods as
/// they are created. Apart from the terminator, so that whatever a review does to them leaves that at work.
struct WebhookInstallation {
    let installation: ClusterInstallation
    let webhook: ClusterInstallation.Webhook

    /// Of Deployment and account; the Service's is the operator's.
    static let name = "kpipe-webhook"
    /// Also of the container's port.
    static let portName = "webhook"
    private static let certificateVolume = "webhook-certificate"
    private static let authorityVolume = "client-authority"
    private static let authorityMap = "kpipe-webhook-client-authority"
    private static let authorityFolder = "/etc/kpipe-client-authority"
    private static let authorityFile = "ca.crt"

    var documents: [ManifestValue] {
        [installation.account(Self.name)]
            + installation.access(Self.name, rules: Self.clusterRules(webhook), in: nil)
            + installation.access(Self.name, rules: Self.rules(webhook), in: installation.namespace)
            + [secret, authority].compactMap(\.self) + certificate
            + [deployment, installation.disruptionBudget(Self.name)]
            + [installation.networkPolicy(Self.name, reviewPort: Self.portName), service, configuration]
            + installation.monitor(Self.name)
    }

    // MARK: Access

    static func clusterRules(_ webhook: ClusterInstallation.Webhook) -> [AccessRule] {
        [
            AccessRule("", ["namespaces"], ["get"], for: "the labels that ask for conversion"),
            AccessRule("", ["nodes"], ["list"], for: "the versions of the kubelets that a pod may meet"),
            AccessRule("events.k8s.io", ["events"], ["create", "patch"], for: "telling why a pod is left as it is"),
        ]
            + (webhook.certificates == .own
                ? [
                    AccessRule(
                        "admissionregistration.k8s.io", ["mutatingwebhookconfigurations"], ["get", "patch"],
                        names: [webhook.configuration], for: "keeping the webhook's caBundle")
                ] : [])
    }

    static func rules(_ webhook: ClusterInstallation.Webhook) -> [AccessRule] {
        guard webhook.certificates == .own else { return [] }
        return [
            AccessRule("", ["secrets"], ["get", "patch"], names: [webhook.secret], for: "the webhook's certificates")
        ]
    }

    // MARK: Workload

    private var deployment: ManifestValue {
        var volumes = [Workload.configurationVolume]
        if webhook.certificates != .own {
            volumes.append([
                "name": .text(Self.certificateVolume), "secret": ["secretName": .text(webhook.secret)],
            ])
        }
        if webhook.clientAuthority != nil {
            volumes.append(["name": .text(Self.authorityVolume), "configMap": ["name": .text(Self.authorityMap)]])
        }
        return installation.deployment(Self.name, container: container, volumes: volumes)
    }

    private var container: ManifestValue {
        var arguments = ["webhook", "--port", String(webhook.port)] + Workload.configurationArguments
        var mounts = [Workload.configurationMount]
        if webhook.certificates != .own {
            mounts.append([
                "name": .text(Self.certificateVolume), "mountPath": .text(webhook.certificateFolder),
                "readOnly": true,
            ])
        }
        if webhook.clientAuthority != nil {
            arguments += ["--client-ca", "\(Self.authorityFolder)/\(Self.authorityFile)"]
            mounts.append([
                "name": .text(Self.authorityVolume), "mountPath": .text(Self.authorityFolder), "readOnly": true,
            ])
        }
        return [
            "name": "webhook", "image": .text(installation.image),
            "args": .texts(arguments + ["--log-format", "json"]), "env": Workload.identity,
            "ports": [Workload.httpPort, ["name": .text(Self.portName), "containerPort": .number(webhook.port)]],
            "livenessProbe": Workload.livenessProbe, "readinessProbe": Workload.readinessProbe,
            // It takes in so much at once and no more, whatever is sent.
            "resources": ["requests": ["cpu": "50m", "memory": "64Mi"], "limits": ["memory": "256Mi"]],
            "securityContext": Workload.restricted, "volumeMounts": .list(mounts),
        ]
    }

    // MARK: Objects

    /// Empty: that it is there spares us the right to create Secrets, which no name could narrow.
    private var secret: ManifestValue? {
        guard webhook.certificates == .own else { return nil }
        return ["apiVersion": "v1", "kind": "Secret", "metadata": metadata(webhook.secret), "type": "Opaque"]
    }

    /// A ConfigMap: it holds nothing secret.
    private var authority: ManifestValue? {
        webhook.clientAuthority.map {
            [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(Self.authorityMap),
                "data": .map([.init(Self.authorityFile, .text($0))]),
            ]
        }
    }

    private var certificate: [ManifestValue] {
        guard webhook.certificates == .certManager else { return [] }
        let service = "\(webhook.service).\(installation.namespace)"
        let addresses = webhook.hosts.filter(Self.isAddress)
        var spec: ManifestValue = [
            "secretName": .text(webhook.secret),
            "dnsNames": .texts(
                ["\(service).svc", "\(service).svc.cluster.local"] + webhook.hosts.filter { !addresses.contains($0) }),
            "issuerRef": ["kind": "Issuer", "name": .text(webhook.service)],
            "privateKey": ["algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"],
        ]
        if !addresses.isEmpty { spec["ipAddresses"] = .texts(addresses) }
        return [
            [
                "apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": metadata(webhook.service),
                "spec": ["selfSigned": [:]],
            ],
            [
                "apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": metadata(webhook.service),
                "spec": spec,
            ],
        ]
    }

    /// cert-manager has lists of their own for names and addresses.
    private static func isAddress(_ host: String) -> Bool {
        host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
    }

    private var service: ManifestValue {
        [
            "apiVersion": "v1", "kind": "Service",
            // Its labels are the pods', whatever its name.
            "metadata": [
                "name": .text(webhook.service), "namespace": .text(installation.namespace),
                "labels": Workload.labels(Self.name),
            ],
            "spec": [
                "selector": Workload.labels(Self.name),
                "ports": [
                    ["name": "https", "port": 443, "targetPort": .text(Self.portName)],
                    ClusterInstallation.statusPortOfService,
                ],
            ],
        ]
    }

    private var configuration: ManifestValue {
        var metadata = metadata(webhook.configuration, namespaced: false)
        if webhook.certificates == .certManager {
            metadata["annotations"] = [
                "cert-manager.io/inject-ca-from": .text("\(installation.namespace)/\(webhook.service)")
            ]
        }
        typealias Label = WellKnownNames.Label
        let asks = requirement(Label.convert, "In", [Label.enabled])
        // Without its own pods the cluster, and so we, would not run.
        let outside = requirement(
            Label.namespaceName, "NotIn", [WellKnownNames.systemNamespace, installation.namespace])
        return [
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": metadata,
            // The namespace or the object may ask. Each object meets one of the two at most.
            "webhooks": [
                entry(
                    "namespaces.\(Self.domain)", namespaces: [asks, outside],
                    objects: [requirement(Label.convert, "NotIn", [Label.disabled])]),
                entry(
                    "objects.\(Self.domain)",
                    namespaces: [requirement(Label.convert, "NotIn", [Label.enabled]), outside], objects: [asks]),
            ],
        ]
    }

    /// The API server wants a name of at least three parts.
    private static let domain = "convert.sidecar.k-pipe.cloud"

    private func entry(_ name: String, namespaces: [ManifestValue], objects: [ManifestValue]) -> ManifestValue {
        [
            "name": .text(name), "admissionReviewVersions": ["v1"],
            "clientConfig": [
                "service": [
                    "namespace": .text(installation.namespace), "name": .text(webhook.service),
                    "path": .text(webhook.path), "port": 443,
                ]
            ],
            "rules": [
                rule("", "pods", ["CREATE"]), rule("batch", "jobs", ["CREATE"]),
                rule("batch", "cronjobs", ["CREATE", "UPDATE"]),
            ],
            // Our outage never keeps a pod from being created.
            "failurePolicy": "Ignore", "timeoutSeconds": .number(webhook.timeoutSeconds),
            "matchPolicy": "Equivalent", "reinvocationPolicy": "IfNeeded", "sideEffects": "NoneOnDryRun",
            "namespaceSelector": ["matchExpressions": .list(namespaces)],
            "objectSelector": ["matchExpressions": .list(objects)],
        ]
    }

    private func rule(_ group: String, _ resource: String, _ operations: [String]) -> ManifestValue {
        [
            "apiGroups": [.text(group)], "apiVersions": ["v1"], "resources": [.text(resource)],
            "operations": .texts(operations), "scope": "Namespaced",
        ]
    }

    private func requirement(_ key: String, _ operation: String, _ values: [String]) -> ManifestValue {
        ["key": .text(key), "operator": .text(operation), "values": .texts(values)]
    }

    private func metadata(_ name: String, namespaced: Bool = true) -> ManifestValue {
        installation.metadata(name, namespaced: namespaced)
    }
}
