package import PodRules

/// One rule of a role: what may be done with which objects.
package struct AccessRule: Sendable, Equatable {
    package var group: String
    /// `pods`, `pods/status` …
    package var resources: [String]
    package var verbs: [String]
    /// Only these objects; empty: all.
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

/// The ways to end a sidecar that a configuration leaves open: what is not among them needs no right.
package struct TerminatorReach: Sendable, Equatable {
    package var rungs: Set<Rung>
    /// Quit endpoints are asked through the API server's proxy rather than by port-forward.
    package var quitsByProxy: Bool
    /// Kruise's ContainerRecreateRequest is to be used where it is served.
    package var kruise: Bool

    package init(rungs: Set<Rung> = Set(Rung.configurable), quitsByProxy: Bool = false, kruise: Bool = false) {
        self.rungs = rungs
        self.quitsByProxy = quitsByProxy
        self.kruise = kruise
    }

    /// Exactly the verbs that the controller uses, by rung and purpose.
    ///
    /// - Parameter inCluster: whether it watches all namespaces, or the one in which these rules are.
    package func rules(inCluster: Bool) -> [AccessRule] {
        [
            AccessRule(
                "", ["pods"], ["get", "list", "watch", "patch"],
                for: "the watch, reading a pod again before each step, the annotation and the swapped image"),
            AccessRule("", ["pods/status"], ["patch"], for: "the condition, and the phase of a pod that is held"),
        ] + helpers + streams + surroundings(inCluster: inCluster)
    }

    private var helpers: [AccessRule] {
        let purposes = [
            rungs.contains(.image) ? "the rung image: trying the exit image in the pod before a swap" : nil,
            rungs.contains(.debug) ? "the rung debug: signals from beside a container" : nil,
        ].compactMap(\.self)
        guard !purposes.isEmpty else { return [] }
        return [AccessRule("", ["pods/ephemeralcontainers"], ["patch"], for: purposes.joined(separator: "; "))]
    }

    /// A WebSocket is opened by GET, which is the verb `get` or, since 1.35, `create`; so is a request by GET or POST.
    private var streams: [AccessRule] {
        let verbs = ["get", "create"]
        let quit = quitsByProxy ? "pods/proxy" : "pods/portforward"
        return [
            rungs.contains(.http) ? AccessRule("", [quit], verbs, for: "the rung http: quit endpoints") : nil,
            rungs.contains(.exec) ? AccessRule("", ["pods/exec"], verbs, for: "the rung exec: signals") : nil,
            rungs.contains(.crr) && kruise
                ? AccessRule("apps.kruise.io", ["containerrecreaterequests"], ["create", "get"], for: "the rung crr")
                : nil,
        ].compactMap(\.self)
    }

    private func surroundings(inCluster: Bool) -> [AccessRule] {
        (inCluster ? [AccessRule("", ["nodes"], ["get"], for: "knowing virtual nodes")] : [])
            + [
                AccessRule(
                    "", ["namespaces"], inCluster ? ["list", "watch"] : ["get"],
                    for: "the label that makes known sidecars count"),
                AccessRule("batch", ["jobs"], ["get"], for: "the Job's backoffLimit"),
                AccessRule("events.k8s.io", ["events"], ["create", "patch"], for: "telling what is done"),
            ]
    }

    /// What the election of one of several replicas needs, in the namespace of the Lease. `create` knows no names.
    package static func electionRules(lease: String) -> [AccessRule] {
        let group = "coordination.k8s.io"
        return [
            AccessRule(group, ["leases"], ["create"], for: "the election of one of several replicas"),
            AccessRule(group, ["leases"], ["get", "patch"], names: [lease], for: "holding the Lease"),
        ]
    }
}

extension ClusterInstallation {
    func account(_ name: String) -> ManifestValue {
        ["apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name)]
    }

    /// A role and its binding to the account of the same name; nothing where there are no rules.
    ///
    /// - Parameter scope: the namespace in which it counts; `nil`: in the whole cluster.
    func access(_ name: String, rules: [AccessRule], in scope: String?) -> [ManifestValue] {
        guard !rules.isEmpty else { return [] }
        let prefix = scope == nil ? "Cluster" : ""
        var metadata = metadata(name, namespaced: scope != nil)
        if let scope { metadata["namespace"] = .text(scope) }
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
}
