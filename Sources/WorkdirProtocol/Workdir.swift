/// Where everything lies in the shared volume. The names are public contract: the agent, the entrypoint, kubelet hooks
/// and users' own programs rely on them.
package enum WorkdirPath {
    /// Where the volume is mounted unless told otherwise.
    package static let defaultRoot = "/workdir"

    package static let input = "input"
    package static let output = "output"
    /// Standard output with both streams prefixed, and error output alone; both made by the entrypoint.
    package static let outputLog = "output/log"
    package static let outputError = "output/error"

    // Markers.
    package static let ready = "ready"
    package static let started = "started"
    package static let state = "state"
    package static let healthy = "healthy"
    package static let done = "done"

    /// The agent's own folder; nothing of the user's.
    package static let own = ".kpipe"
    /// The static entrypoint binary, placed before `ready` exists.
    package static let entrypoint = ".kpipe/kpipe-entrypoint"
    /// Held by the live agent (flock).
    package static let lock = ".kpipe/lock"
    package static let epoch = ".kpipe/epoch"
    /// Room on a volume that main may fill, given up for the markers that the other side waits for: the entrypoint's, and
    /// the agent's.
    package static let reserve = ".kpipe/reserve"
    package static let agentReserve = ".kpipe/agent-reserve"
    package static let reservedBytes = 16 << 10
    package static let journal = ".kpipe/journal"
    /// The agent's verdict that the step cannot succeed: a `TryVerdict` line. Stops a waiting entrypoint.
    package static let failed = ".kpipe/failed"
    /// Outputs of one try are stored: a `TryVerdict` line with exit code 0.
    package static let stored = ".kpipe/stored"
    /// The entrypoint's record of the current try: a `TryRecord`.
    package static let attempt = ".kpipe/try"
    /// Main's usage samples, made by the entrypoint.
    package static let usage = ".kpipe/usage"
    /// What the entrypoint is to sample: `interval=10` in seconds; absent: nothing.
    package static let monitor = ".kpipe/monitor"
}

/// Values of `state` with a meaning of their own; any other line is a custom value.
package enum StateValue {
    package static let running = "RUNNING"
    package static let success = "SUCCESS"
    package static let error = "ERROR"
    package static let killed = "KILLED"
}
