/// What makes the API server ask the terminator about pods as they are created.
struct WebhookInstallation {
    let installation: ClusterInstallation
    let webhook: ClusterInstallation.Webhook

    /// Also of the container's port.
    static let portName = "webhook"
    private static let volumeName = "webhook-certificate"

    var documents: [ManifestValue] { [secret].compactMap(\.self) + certificate + [service, configuration] }

    // MARK: Within the terminator

    static let arguments = ["--webhook"]

    var containerPort: ManifestValue { ["name": .text(Self.portName), "containerPort": .number(webhook.port)] }

    /// A certificate that others keep.
    var volume: ManifestValue? {
        guard webhook.certificates != .own else { return nil }
        return ["name": .text(Self.volumeName), "secret": ["secretName": .text(webhook.secret)]]
    }

    var mount: ManifestValue? {
        guard webhook.certificates != .own else { return nil }
        return ["name": .text(Self.volumeName), "mountPath": .text(webhook.certificateFolder), "readOnly": true]
    }

    /// Only these two objects, by name; namespaces and Events are the terminator's anyway.
    var clusterRules: [AccessRule] {
        guard webhook.certificates == .own else { return [] }
        return [
            AccessRule(
                "admissionregistration.k8s.io", ["mutatingwebhookconfigurations"], ["get", "patch"],
                names: [webhook.configuration],
                for: "keeping the webhook's caBundle")
        ]
    }

    var rules: [AccessRule] {
        guard webhook.certificates == .own else { return [] }
        return [
            AccessRule("", ["secrets"], ["get", "patch"], names: [webhook.secret], for: "the webhook's certificates")
        ]
    }

    // MARK: Objects

    /// Empty: that it is there spares us the right to create Secrets, which no name could narrow.
    private var secret: ManifestValue? {
        guard webhook.certificates == .own else { return nil }
        return ["apiVersion": "v1", "kind": "Secret", "metadata": metadata(webhook.secret), "type": "Opaque"]
    }

    private var certificate: [ManifestValue] {
        guard webhook.certificates == .certManager else { return [] }
        let service = "\(webhook.service).\(installation.namespace)"
        return [
            [
                "apiVersion": "cert-manager.io/v1", "kind": "Issuer", "metadata": metadata(webhook.service),
                "spec": ["selfSigned": [:]],
            ],
            [
                "apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": metadata(webhook.service),
                "spec": [
                    "secretName": .text(webhook.secret),
                    "dnsNames": .texts(["\(service).svc", "\(service).svc.cluster.local"]),
                    "issuerRef": ["kind": "Issuer", "name": .text(webhook.service)],
                    "privateKey": ["algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"],
                ],
            ],
        ]
    }

    private var service: ManifestValue {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": metadata(webhook.service),
            "spec": [
                "selector": ClusterInstallation.labels(ClusterInstallation.component(TerminatorInstallation.name)),
                "ports": [["name": "https", "port": 443, "targetPort": .text(Self.portName)]],
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
        let asks = requirement(webhook.label, "In", [webhook.enabled])
        let outside = requirement(
            webhook.nameLabel, "NotIn", webhook.excludedNamespaces + [installation.namespace])
        return [
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": metadata,
            // The namespace or the object may ask. Each object meets one of the two at most.
            "webhooks": [
                entry(
                    "namespaces.\(Self.domain)", namespaces: [asks, outside],
                    objects: [requirement(webhook.label, "NotIn", [webhook.disabled])]),
                entry(
                    "objects.\(Self.domain)",
                    namespaces: [requirement(webhook.label, "NotIn", [webhook.enabled]), outside], objects: [asks]),
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
