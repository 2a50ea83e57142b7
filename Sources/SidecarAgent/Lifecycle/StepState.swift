/// States the agent itself reports; whatever main writes into `state` is reported as it stands.
package enum StepState {
    /// Nobody has spoken yet; never reported, only the `previous` of the first report.
    package static let pending = "PENDING"
    package static let initializing = "INITIALIZING"
    package static let started = "STARTED"
    package static let terminating = "TERMINATING"
    package static let done = "DONE"
    package static let error = "ERROR"
    package static let killed = "KILLED"
}
