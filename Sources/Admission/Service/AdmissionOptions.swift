internal import OperatorConfiguration

/// What a command line and a cluster say beside the configuration.
package struct AdmissionOptions: Sendable {
    /// Where we run: Secret and Service are there, and its pods are left alone.
    package var ownNamespace: String
    /// `nil`: all namespaces.
    package var onlyNamespace: String?
    /// Says what would be done, and does nothing.
    package var isDryRun: Bool

    package init(ownNamespace: String, onlyNamespace: String? = nil, isDryRun: Bool = false) {
        self.ownNamespace = ownNamespace
        self.onlyNamespace = onlyNamespace
        self.isDryRun = isDryRun
    }

    /// Pods without which the cluster, and so we, would not run.
    package static let clusterNamespace = "kube-system"

    /// What the certificate is made out to: the Service, by all its names, and what the operator adds.
    func names(_ webhook: WebhookConfiguration) -> Set<String> {
        let service = "\(webhook.service).\(ownNamespace).svc"
        return Set([webhook.service, "\(webhook.service).\(ownNamespace)", service, "\(service).cluster.local"])
            .union(webhook.hosts)
    }
}
