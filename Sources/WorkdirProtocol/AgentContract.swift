/// Where the agent answers. Public contract, because probes and scrapers name it.
package enum AgentAddress {
    package static let defaultPort = 9797
    /// Answers 200 once main may start.
    package static let ready = "/ready"
}

/// Variables by which a manifest tells the agent what its step is. Public contract.
package enum AgentVariable {
    /// The whole configuration, as YAML or JSON.
    package static let config = "KPIPE_CONFIG"
    package static let grace = "KPIPE_GRACE"
    package static let port = "KPIPE_PORT"
    package static let workdir = "KPIPE_WORKDIR"
    package static let stateDir = "KPIPE_STATE_DIR"
    package static let legacy = "KPIPE_LEGACY"
    package static let podName = "KPIPE_POD_NAME"
    package static let podNamespace = "KPIPE_POD_NAMESPACE"
    package static let podUID = "KPIPE_POD_UID"
    package static let jobName = "KPIPE_JOB_NAME"
    /// Main's restart policy: whether a failed try may be followed by another.
    package static let restartPolicy = "KPIPE_RESTART_POLICY"
}

/// Exit codes of every command here, in the manner of sysexits(3).
package enum ExitCode: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The command line is wrong.
    case usage = 64
    /// Data is not what it should be: checksum, archive, document.
    case data = 65
    /// An input is missing.
    case noInput = 66
    /// Our own defect.
    case software = 70
    /// Reading or writing failed: disk, upload.
    case inputOutput = 74
    /// Temporary: retries used up; trying again later may help.
    case temporary = 75
    case permission = 77
    case configuration = 78
}
