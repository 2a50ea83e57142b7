/// The controller: two replicas of which one leads, what they may do, and how they are watched.
struct TerminatorInstallation {
    let installation: ClusterInstallation

    static let name = "kpipe-terminator"

    var documents: [ManifestValue] {
        [installation.account(Self.name)] + access + [
            configuration, deployment, installation.disruptionBudget(Self.name),
        ]
            + [installation.networkPolicy(Self.name), service] + installation.monitor(Self.name)
    }

    /// The Lease lies in the namespace that is watched where that is one alone, else in our own.
    private var access: [ManifestValue] {
        let election = TerminatorReach.electionRules(lease: ClusterInstallation.leaseName)
        guard let scope = installation.onlyNamespace else {
            return installation.access(Self.name, rules: installation.reach.rules(inCluster: true), in: nil)
                + installation.access(Self.name, rules: election, in: installation.namespace)
        }
        let own = [AccessRule("events.k8s.io", ["events"], ["create"], for: "what became of a changed configuration")]
        return installation.access(
            Self.name, rules: installation.reach.rules(inCluster: false) + election, in: scope)
            + (scope == installation.namespace
                ? [] : installation.access(Self.name, rules: own, in: installation.namespace))
    }

    private var configuration: ManifestValue {
        [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": installation.metadata(Self.name),
            "data": .map([.init(Workload.configurationFile, .text(installation.terminatorConfiguration))]),
        ]
    }

    private var deployment: ManifestValue {
        installation.deployment(Self.name, container: container, volumes: [Workload.configurationVolume])
    }

    private var container: ManifestValue {
        let arguments =
            ["terminator", "--leader-elect"] + (installation.exitImage.map { ["--exit-image", $0] } ?? [])
            + (installation.onlyNamespace.map { ["--namespace", $0] } ?? []) + Workload.configurationArguments
            + ["--log-format", "json"]
        return [
            "name": "terminator", "image": .text(installation.image), "args": .texts(arguments),
            "env": Workload.identity, "ports": [Workload.httpPort],
            "livenessProbe": Workload.livenessProbe, "readinessProbe": Workload.readinessProbe,
            // 100,000 marked pods stay below 64 MiB. No CPU limit, because throttling would delay what is urgent.
            "resources": ["requests": ["cpu": "50m", "memory": "64Mi"], "limits": ["memory": "128Mi"]],
            "securityContext": Workload.restricted, "volumeMounts": [Workload.configurationMount],
        ]
    }

    private var service: ManifestValue {
        [
            "apiVersion": "v1", "kind": "Service", "metadata": installation.metadata(Self.name),
            "spec": [
                "selector": Workload.labels(Self.name), "ports": [ClusterInstallation.statusPortOfService],
            ],
        ]
    }
}

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
