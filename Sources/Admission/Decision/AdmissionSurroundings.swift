package import Conversion
package import PodRules

/// What a decision depends on beside the object.
package struct AdmissionSurroundings: Sendable, Equatable {
    /// The API server's; `nil` where it could not be asked.
    package var version: KubeVersion?
    /// `nil` where the namespace could not be asked, or nothing depends on it.
    package var namespace: NamespaceLabels?
    /// What makes a container a sidecar: the terminator's own rules.
    package var rules: MarkerRules
    /// Namespaces in which nothing is changed: the cluster's own, and that in which we run.
    package var excludedNamespaces: Set<String>
    /// The only namespace that is ours, where an operator restricts us.
    package var onlyNamespace: String?
    /// Say what would be done, and do nothing.
    package var isDryRun: Bool

    package init(
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
