extension ClusterAccess {
    /// The cluster that the command line, the environment and the files together mean, found as kubectl finds it.
    ///
    /// - Parameter environment: the process's variables (`KUBECONFIG`, `HOME`, `KUBERNETES_SERVICE_HOST` …).
    /// - Throws: `.configuration`, naming file, place and field.
    public static func load(
        _ selection: ClusterSelection = .init(), environment: [String: String],
        serviceAccount: ServiceAccount = .init()
    ) throws(KubeError) -> ClusterAccess {
        let source = ConfigurationSource(explicitFile: selection.kubeconfig, environment: environment)
        let kubeconfig = try source.kubeconfig()
        if let context = selection.context ?? kubeconfig.currentContext {
            return try ClusterAccess(kubeconfig, context: context, selection)
        }
        if selection.kubeconfig == nil, serviceAccount.isPresent(environment) {
            return try ClusterAccess(serviceAccount, environment, selection)
        }
        guard kubeconfig.isEmpty else {
            throw KubeError(
                attempted: "kubeconfig \(source.files.joined(separator: ":"))",
                reason: .configuration(
                    "current-context is not set; choose one with --context: "
                        + kubeconfig.contexts.keys.sorted().joined(separator: ", ")))
        }
        throw KubeError(attempted: "find a cluster", reason: .configuration(source.searched))
    }

    private init(_ kubeconfig: Kubeconfig, context name: String, _ selection: ClusterSelection) throws(KubeError) {
        guard let context = kubeconfig.contexts[name] else {
            let known = kubeconfig.contexts.keys.sorted().joined(separator: ", ")
            throw KubeError(
                attempted: "kubeconfig",
                reason: .configuration(
                    "context '\(name)' does not exist" + (known.isEmpty ? "" : "; there are: \(known)")))
        }
        guard let clusterName = try context.text("cluster") else {
            throw context.problem(nil, "expected the name of a cluster")
        }
        guard let cluster = kubeconfig.clusters[clusterName] else {
            throw context.problem("cluster", "there is no cluster '\(clusterName)'")
        }
        var user: ConfigSection?
        if let userName = try context.text("user") {
            guard let found = kubeconfig.users[userName] else {
                throw context.problem("user", "there is no user '\(userName)'")
            }
            user = found
        }
        self = try ClusterEntry(cluster).access()
        let configured = try context.text("namespace")
        namespace = selection.namespace ?? configured ?? "default"
        guard let user else {
            impersonation = try selection.impersonation(over: nil)
            return
        }
        let entry = UserEntry(user)
        impersonation = try selection.impersonation(over: entry.impersonation())
        // As in client-go, nothing secret goes over a connection that everybody can read.
        if server.isSecure { credentials = try entry.credentials(cluster: cluster) }
    }
}
