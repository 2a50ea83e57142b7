internal import WorkdirProtocol

/// Who this step is, as far as the environment says (downward API, or somebody's own variables).
public struct PodIdentity: Sendable, Equatable {
    /// `metadata.name`; outside a cluster the host's name.
    public var name: String?
    public var namespace: String?
    public var uid: String?
    /// `metadata.labels['batch.kubernetes.io/job-name']`.
    public var job: String?

    public init(name: String? = nil, namespace: String? = nil, uid: String? = nil, job: String? = nil) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.job = job
    }

    /// Reads `KPIPE_POD_NAME` before `POD_NAME` and so on; the name falls back to `HOSTNAME`, which Kubernetes sets to
    /// it. `serviceAccountNamespace` is what the file of that name holds, if anything.
    public init(environment: [String: String], serviceAccountNamespace: String? = nil) {
        func first(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        name = first(AgentVariable.podName, "POD_NAME", "HOSTNAME")
        namespace = first(AgentVariable.podNamespace, "POD_NAMESPACE") ?? serviceAccountNamespace
        uid = first(AgentVariable.podUID, "POD_UID")
        job = first(AgentVariable.jobName, "JOB_NAME")
    }

    /// Where a pod finds its namespace when a token is mounted.
    public static let serviceAccountNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
}
