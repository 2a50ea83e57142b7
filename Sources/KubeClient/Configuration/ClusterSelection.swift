/// What a command line says about the cluster to talk to; everything left out comes from the configuration.
public struct ClusterSelection: Sendable {
    /// `--kubeconfig`: this file alone.
    public var kubeconfig: String?
    /// `--context`.
    public var context: String?
    /// `--namespace`.
    public var namespace: String?
    /// `--as` and `--as-group`.
    public var impersonatedUser: String?
    public var impersonatedGroups: [String]

    public init(
        kubeconfig: String? = nil, context: String? = nil, namespace: String? = nil, impersonatedUser: String? = nil,
        impersonatedGroups: [String] = []
    ) {
        self.kubeconfig = kubeconfig
        self.context = context
        self.namespace = namespace
        self.impersonatedUser = impersonatedUser
        self.impersonatedGroups = impersonatedGroups
    }

    /// The impersonation asked for, over the configuration's.
    func impersonation(over configured: Impersonation?) throws(KubeError) -> Impersonation? {
        guard let impersonatedUser else {
            guard impersonatedGroups.isEmpty || configured != nil else {
                throw KubeError(
                    attempted: "--as-group",
                    reason: .configuration("groups can only be impersonated together with a user; add --as"))
            }
            var impersonation = configured
            if !impersonatedGroups.isEmpty { impersonation?.groups = impersonatedGroups }
            return impersonation
        }
        return Impersonation(user: impersonatedUser, groups: impersonatedGroups)
    }
}
