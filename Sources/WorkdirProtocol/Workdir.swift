/// Where everything lies in the shared volume. The names are public contract: the agent, the entrypoint, kubelet hooks
/// and users' own programs rely on them.
public enum WorkdirPath {
    /// Where the volume is mounted unless told otherwise.
    public static let defaultRoot = "/workdir"

    public static let input = "input"
    public static let output = "output"
    /// Standard output with both streams prefixed, and error output alone; both made by the entrypoint.
    public static let outputLog = "output/log"
    public static let outputError = "output/error"

    // Markers.
    public static let ready = "ready"
    public static let started = "started"
    public static let state = "state"
    public static let healthy = "healthy"
    public static let done = "done"

    /// The agent's own folder; nothing of the user's.
    public static let own = ".kpipe"
    /// The static entrypoint binary, placed before `ready` exists.
    public static let entrypoint = ".kpipe/kpipe-entrypoint"
    /// Held by the live agent (flock).
    public static let lock = ".kpipe/lock"
    public static let epoch = ".kpipe/epoch"
    public static let journal = ".kpipe/journal"
    /// The agent's verdict that the step cannot succeed: a `Verdict` line. Stops a waiting entrypoint.
    public static let failed = ".kpipe/failed"
    /// Outputs of one try are stored: a `Verdict` line with exit code 0.
    public static let stored = ".kpipe/stored"
    /// The entrypoint's record of the current try: a `TryRecord`.
    public static let attempt = ".kpipe/try"
    /// Main's usage samples, made by the entrypoint.
    public static let usage = ".kpipe/usage"
    /// What the entrypoint is to sample: `interval=10` in seconds; absent: nothing.
    public static let monitor = ".kpipe/monitor"
}

/// Values of `state` with a meaning of their own; any other line is a custom value.
public enum StateValue {
    public static let running = "RUNNING"
    public static let success = "SUCCESS"
    public static let error = "ERROR"
    public static let killed = "KILLED"
}
