public import Render
public import Terminator

/// What a decision depends on beside the object.
public struct AdmissionSurroundings: Sendable, Equatable {
    /// The API server's; `nil` where it could not be asked.
    public var version: KubeVersion?
    /// `nil` where the namespace could not be asked, or nothing depends on it.
    public var namespace: NamespaceLabels?
    /// What makes a container a sidecar: the terminator's own rules.
    public var rules: MarkerRules
    /// Namespaces in which nothing is changed: the cluster's own, and that in which we run.
    public var excludedNamespaces: Set<String>
    /// The only namespace that is ours, where an operator restricts us.
    public var onlyNamespace: String?
    /// Say what would be done, and do nothing.
    public var isDryRun: Bool

    public init(
        version: KubeVersion?, namespace: NamespaceLabels? = nil, rules: MarkerRules = MarkerRules(),
        excludedNamespaces: Set<String> = [], onlyNamespace: String? = nil, isDryRun: Bool = false
    ) {
        self.version = version
        self.namespace = namespace
        self.rules = rules
        self.excludedNamespaces = excludedNamespaces
        self.onlyNamespace = onlyNamespace
        self.isDryRun = isDryRun
    }
}
