/// Variables by which a manifest tells the agent what its step is. Public contract.
package enum AgentVariable {
    /// The whole configuration, as YAML or JSON.
    package static let config = "KPIPE_CONFIG"
    package static let grace = "KPIPE_GRACE"
    package static let port = "KPIPE_PORT"
    package static let workdir = "KPIPE_WORKDIR"
    package static let legacy = "KPIPE_LEGACY"
    package static let podName = "KPIPE_POD_NAME"
    package static let podNamespace = "KPIPE_POD_NAMESPACE"
    package static let podUID = "KPIPE_POD_UID"
    package static let jobName = "KPIPE_JOB_NAME"
    /// Main's restart policy: whether a failed try may be followed by another.
    package static let restartPolicy = "KPIPE_RESTART_POLICY"
}
