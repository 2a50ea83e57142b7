/// Variables by which a manifest tells the agent what its step is. Public contract.
public enum AgentVariable {
    /// The whole configuration, as YAML or JSON.
    public static let config = "KPIPE_CONFIG"
    public static let grace = "KPIPE_GRACE"
    public static let port = "KPIPE_PORT"
    public static let workdir = "KPIPE_WORKDIR"
    public static let legacy = "KPIPE_LEGACY"
    public static let podName = "KPIPE_POD_NAME"
    public static let podNamespace = "KPIPE_POD_NAMESPACE"
    public static let podUID = "KPIPE_POD_UID"
    public static let jobName = "KPIPE_JOB_NAME"
    /// Main's restart policy: whether a failed try may be followed by another.
    public static let restartPolicy = "KPIPE_RESTART_POLICY"
}
