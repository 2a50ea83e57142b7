/// The node agent: one pod a node that reads its own node's pods and may talk to the runtime's socket.
struct NodeAgentInstallation {
    let installation: ClusterInstallation

    static let name = "kpipe-node-agent"

    var documents: [ManifestValue] {
        [installation.account(Self.name)]
            + installation.access(Self.name, rules: rules, in: installation.onlyNamespace)
            + [installation.networkPolicy(Self.name), daemonSet]
    }

    private var rules: [AccessRule] {
        [
            AccessRule("", ["pods"], ["get", "list", "watch"], for: "its own node's pods"),
            AccessRule("", ["namespaces"], ["get"], for: "the label that makes known sidecars count"),
        ]
    }

    private var daemonSet: ManifestValue {
        let labels = Workload.labels(Self.name)
        return [
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": installation.metadata(Self.name),
            "spec": [
                "selector": ["matchLabels": labels],
                "template": [
                    "metadata": ["labels": labels],
                    "spec": [
                        "serviceAccountName": .text(Self.name),
                        "nodeSelector": Workload.nodes, "affinity": Workload.machines,
                        // Jobs run on tainted nodes as well.
                        "tolerations": [["operator": "Exists"]],
                        "securityContext": ["seccompProfile": ["type": "RuntimeDefault"]],
                        "containers": [container],
                        "volumes": [
                            [
                                "name": "runtime",
                                "hostPath": ["path": .text(installation.runtimeSocket), "type": "Socket"],
                            ],
                            Workload.configurationVolume,
                        ],
                    ],
                ],
            ],
        ]
    }

    private var container: ManifestValue {
        [
            "name": "node-agent", "image": .text(installation.image),
            "args": .texts(
                ["node-agent", "--node-name", "$(NODE_NAME)", "--cri-socket", installation.runtimeSocket]
                    + (installation.onlyNamespace.map { ["--namespace", $0] } ?? []) + Workload.configurationArguments
                    + ["--log-format", "json"]),
            "env": [["name": "NODE_NAME", "valueFrom": ["fieldRef": ["fieldPath": "spec.nodeName"]]]],
            "ports": [Workload.httpPort],
            "livenessProbe": Workload.livenessProbe,
            "readinessProbe": Workload.readinessProbe,
            "resources": ["requests": ["cpu": "10m", "memory": "32Mi"], "limits": ["memory": "64Mi"]],
            // The socket belongs to root. No capability is needed beyond being its owner.
            "securityContext": .map(
                [.init("runAsUser", 0), .init("runAsGroup", 0)] + Workload.restricted.fields),
            "volumeMounts": [
                ["name": "runtime", "mountPath": .text(installation.runtimeSocket)],
                Workload.configurationMount,
            ],
        ]
    }
}
