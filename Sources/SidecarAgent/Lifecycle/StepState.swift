/// States the agent itself reports; whatever main writes into `state` is reported as it stands.
public enum StepState {
    /// Nobody has spoken yet; never reported, only the `previous` of the first report.
    public static let pending = "PENDING"
    public static let initializing = "INITIALIZING"
    public static let started = "STARTED"
    public static let terminating = "TERMINATING"
    public static let done = "DONE"
    public static let error = "ERROR"
    public static let killed = "KILLED"
}
