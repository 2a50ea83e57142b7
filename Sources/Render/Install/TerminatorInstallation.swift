/// The controller: two replicas of which one leads, what they may do, and how they are watched.
struct TerminatorInstallation {
    let installation: ClusterInstallation

    private var webhook: WebhookInstallation? { installation.webhookInstallation }

    static let name = "kpipe-terminator"
    private static let configurationFolder = "/etc/kpipe"
    private static let configurationFile = "terminator.yaml"

    var documents: [ManifestValue] {
        [installation.account(Self.name)]
            + installation.access(Self.name, rules: clusterRules + (webhook?.clusterRules ?? []), inCluster: true)
            + installation.access(Self.name, rules: [Self.lease] + (webhook?.rules ?? []), inCluster: false)
            + [configuration].compactMap(\.self) + [deployment, disruptionBudget, service]
            + [monitor].compactMap(\.self)
    }

    // MARK: Access

    private var clusterRules: [AccessRule] { Self.clusterRules(kruise: installation.kruise) }

    /// Exactly the verbs that the controller uses, by rung and purpose.
    static func clusterRules(kruise: Bool) -> [AccessRule] {
        [
            AccessRule(
                "", ["pods"], ["get", "list", "watch", "patch"],
                for: "the watch, reading a pod again before each step, the annotation and the swapped image"),
            AccessRule("", ["pods/status"], ["patch"], for: "the condition, and the phase of a pod that is held"),
            // A WebSocket is opened by GET, which is the verb `get` or, since 1.35, `create`.
            AccessRule(
                "", ["pods/portforward", "pods/exec", "pods/proxy"], ["get", "create"],
                for: "the rungs http and exec: quit endpoints and signals"),
            AccessRule("", ["nodes"], ["get"], for: "knowing virtual nodes"),
            AccessRule(
                "", ["namespaces"], ["get", "list", "watch"], for: "the label that makes known sidecars count"),
            AccessRule("batch", ["jobs"], ["get"], for: "the Job's backoffLimit"),
            AccessRule("events.k8s.io", ["events"], ["create", "patch"], for: "telling what is done"),
        ]
            + (kruise
                ? [AccessRule("apps.kruise.io", ["containerrecreaterequests"], ["get", "create"], for: "the rung crr")]
                : [])
    }

    static let lease = AccessRule(
        "coordination.k8s.io", ["leases"], ["get", "create", "update", "patch"],
        for: "the election of one of several replicas")

    // MARK: Workload

    private var configuration: ManifestValue? {
        installation.terminatorConfiguration.map {
            [
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": installation.metadata(Self.name),
                "data": .map([.init(Self.configurationFile, .text($0))]),
            ]
        }
    }

    private var deployment: ManifestValue {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": installation.metadata(Self.name),
            "spec": [
                "replicas": .number(installation.replicas),
                "selector": ["matchLabels": labels],
                "template": [
                    "metadata": [
                        "labels": labels,
                        "annotations": ["kubectl.kubernetes.io/default-container": "terminator"],
                    ],
                    "spec": pod,
                ],
            ],
        ]
    }

    private var labels: ManifestValue { ClusterInstallation.labels(ClusterInstallation.component(Self.name)) }

    private var pod: ManifestValue {
        let isConfigured = installation.terminatorConfiguration != nil
        let volumes = [isConfigured ? Self.configurationVolume : nil, webhook?.volume].compactMap(\.self)
        return .map(present: [
            "serviceAccountName": .text(Self.name),
            "securityContext": ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]],
            "topologySpreadConstraints": [
                [
                    "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": ["matchLabels": labels],
                ]
            ],
            "containers": [container],
            "volumes": volumes.isEmpty ? nil : .list(volumes),
        ])
    }

    private var container: ManifestValue {
        let isConfigured = installation.terminatorConfiguration != nil
        var arguments = ["terminator", "--leader-elect", "--exit-image", installation.exitImage]
        if webhook != nil { arguments += WebhookInstallation.arguments }
        if isConfigured { arguments += Self.configurationArguments }
        let mounts = [isConfigured ? Self.configurationMount : nil, webhook?.mount].compactMap(\.self)
        return .map(present: [
            "name": "terminator", "image": .text(installation.image),
            "args": .texts(arguments + ["--log-format", "json"]),
            "ports": .list([Self.httpPort, webhook?.containerPort].compactMap(\.self)),
            "livenessProbe": Self.livenessProbe, "readinessProbe": Self.readinessProbe,
            // 100,000 marked pods stay below 64 MiB, and the webhook takes in so much at once and no more. No CPU limit,
            // because throttling would delay what is urgent.
            "resources": [
                "requests": ["cpu": "50m", "memory": "64Mi"], "limits": ["memory": webhook == nil ? "128Mi" : "256Mi"],
            ],
            "securityContext": Self.restricted,
            "volumeMounts": mounts.isEmpty ? nil : .list(mounts),
        ])
    }

    static let configurationArguments = ["--config", "\(configurationFolder)/\(configurationFile)"]
    static let configurationVolume: ManifestValue = ["name": "config", "configMap": ["name": .text(name)]]
    static let configurationMount: ManifestValue = [
        "name": "config", "mountPath": .text(configurationFolder), "readOnly": true,
    ]

    static let httpPort: ManifestValue = ["name": "http", "containerPort": .number(ClusterInstallation.statusPort)]
    static let livenessProbe: ManifestValue = ["httpGet": ["path": "/healthz", "port": "http"], "periodSeconds": 20]
    static let readinessProbe: ManifestValue = ["httpGet": ["path": "/readyz", "port": "http"], "periodSeconds": 5]

    static let restricted: ManifestValue = [
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
    ]

    // MARK: Around it

    private var disruptionBudget: ManifestValue {
        [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": installation.metadata(Self.name),
            "spec": ["maxUnavailable": 1, "selector": ["matchLabels": labels]],
        ]
    }

    private var service: ManifestValue {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": installation.metadata(Self.name),
            "spec": [
                "selector": labels,
                "ports": [["name": "http", "port": .number(ClusterInstallation.statusPort), "targetPort": "http"]],
            ],
        ]
    }

    private var monitor: ManifestValue? {
        guard installation.serviceMonitor else { return nil }
        return [
            "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
            "metadata": installation.metadata(Self.name),
            "spec": ["selector": ["matchLabels": labels], "endpoints": [["port": "http", "path": "/metrics"]]],
        ]
    }
}
