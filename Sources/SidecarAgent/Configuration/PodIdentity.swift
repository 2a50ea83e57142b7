internal import WorkdirProtocol

/// Who this step is, as far as the environment says (downward API, or somebody's own variables).
package struct PodIdentity: Sendable, Equatable {
    /// `metadata.name`; outside a cluster the host's name.
    package var name: String?
    package var namespace: String?
    package var uid: String?
    /// `metadata.labels['batch.kubernetes.io/job-name']`.
    package var job: String?

    package init(name: String? = nil, namespace: String? = nil, uid: String? = nil, job: String? = nil) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.job = job
    }

    /// Reads `KPIPE_POD_NAME` before `POD_NAME` and so on; the name falls back to `HOSTNAME`, which Kubernetes sets to
    /// it. `serviceAccountNamespace` is what the file of that name holds, if anything.
    package init(environment: [String: String], serviceAccountNamespace: String? = nil) {
        func first(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        name = first(AgentVariable.podName, "POD_NAME", "HOSTNAME")
        namespace = first(AgentVariable.podNamespace, "POD_NAMESPACE") ?? serviceAccountNamespace
        uid = first(AgentVariable.podUID, "POD_UID")
        job = first(AgentVariable.jobName, "JOB_NAME")
    }

    /// Where a pod finds its namespace when a token is mounted.
    package static let serviceAccountNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
}
