internal import KubeModel
internal import WorkdirProtocol

/// What the pods of the terminator, the webhook and the node agent have in common.
enum Workload {
    static let configurationFolder = "/etc/kpipe"
    static let configurationFile = "terminator.yaml"
    static let configurationArguments = ["--config", "\(configurationFolder)/\(configurationFile)"]
    /// A folder, not a single file of it: the kubelet brings changes to folders only, and the programs follow them.
    static let configurationVolume: ManifestValue = [
        "name": "config", "configMap": ["name": .text(TerminatorInstallation.name)],
    ]
    static let configurationMount: ManifestValue = [
        "name": "config", "mountPath": .text(configurationFolder), "readOnly": true,
    ]

    static let httpPort: ManifestValue = ["name": "http", "containerPort": .number(ClusterInstallation.statusPort)]
    static let livenessProbe: ManifestValue = ["httpGet": ["path": "/healthz", "port": "http"], "periodSeconds": 20]
    static let readinessProbe: ManifestValue = ["httpGet": ["path": "/readyz", "port": "http"], "periodSeconds": 5]

    static let restricted: ManifestValue = [
        "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": ["drop": ["ALL"]],
    ]
    static let podSecurity: ManifestValue = ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]]

    /// Which pod a process is: for Events about itself.
    static let identity: ManifestValue = .list(
        [(AgentVariable.podName, "metadata.name"), (AgentVariable.podUID, "metadata.uid")].map { name, path in
            ["name": .text(name), "valueFrom": ["fieldRef": ["fieldPath": .text(path)]]]
        })

    /// All that ships runs on Linux; on a node of another kind the image could not even be pulled.
    static let nodes: ManifestValue = .map([
        .init(WellKnownNames.Label.operatingSystem, .text(WellKnownNames.Label.linux))
    ])
    /// Behind these no machine is, and nothing could be mounted there.
    static let machines: ManifestValue = [
        "nodeAffinity": [
            "requiredDuringSchedulingIgnoredDuringExecution": [
                "nodeSelectorTerms": [
                    [
                        "matchExpressions": [
                            [
                                "key": .text(WellKnownNames.Label.nodeType), "operator": "NotIn",
                                "values": [.text(WellKnownNames.Label.virtualKubelet)],
                            ]
                        ]
                    ]
                ]
            ]
        ]
    ]

    static func labels(_ name: String) -> ManifestValue {
        ClusterInstallation.labels(ClusterInstallation.component(name))
    }
}

extension ClusterInstallation {
    /// Replicas of one pod, on as many nodes as there are.
    ///
    /// - Parameter container: also the default one, by its name.
    func deployment(
        _ name: String, container: ManifestValue, volumes: [ManifestValue]
    ) -> ManifestValue {
        let labels = Workload.labels(name)
        return [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(name),
            "spec": [
                "replicas": .number(replicas), "selector": ["matchLabels": labels],
                "template": [
                    "metadata": [
                        "labels": labels,
                        "annotations": [
                            "kubectl.kubernetes.io/default-container": .text(container["name"]?.scalar ?? "")
                        ],
                    ],
                    "spec": [
                        "serviceAccountName": .text(name), "nodeSelector": Workload.nodes,
                        "securityContext": Workload.podSecurity,
                        "topologySpreadConstraints": [
                            [
                                "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
                                "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": ["matchLabels": labels],
                            ]
                        ],
                        "containers": [container], "volumes": .list(volumes),
                    ],
                ],
            ],
        ]
    }

    func disruptionBudget(_ name: String) -> ManifestValue {
        [
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata(name),
            "spec": ["maxUnavailable": 1, "selector": ["matchLabels": Workload.labels(name)]],
        ]
    }

    /// Who may call a component, and whom it may call; enforced where the cluster's network plug-in does that. Metrics
    /// and health are for anybody: they are harmless, and the kubelet calls from the node.
    ///
    /// - Parameter reviewPort: the port that only API servers call, by name.
    func networkPolicy(_ name: String, reviewPort: String? = nil) -> ManifestValue {
        let peers = ManifestValue.list(apiServers.map { ["ipBlock": ["cidr": .text($0)]] })
        func open(_ port: String) -> ManifestValue { [["protocol": "TCP", "port": .text(port)]] }
        var ingress: [ManifestValue] = [["ports": open("http")]]
        if let reviewPort {
            ingress.append(.map(present: ["from": apiServers.isEmpty ? nil : peers, "ports": open(reviewPort)]))
        }
        return [
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata(name),
            "spec": .map(present: [
                "podSelector": ["matchLabels": Workload.labels(name)],
                "policyTypes": .texts(["Ingress"] + (apiServers.isEmpty ? [] : ["Egress"])),
                "ingress": .list(ingress), "egress": apiServers.isEmpty ? nil : [["to": peers]],
            ]),
        ]
    }

    /// For the Prometheus operator.
    func monitor(_ name: String) -> [ManifestValue] {
        guard serviceMonitor else { return [] }
        return [
            [
                "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor", "metadata": metadata(name),
                "spec": [
                    "selector": ["matchLabels": Workload.labels(name)],
                    // The pods that metrics tell of are in other namespaces than ours.
                    "endpoints": [["port": "http", "path": "/metrics", "honorLabels": true]],
                ],
            ]
        ]
    }

    static let statusPortOfService: ManifestValue = [
        "name": "http", "port": .number(statusPort), "targetPort": "http",
    ]
}
