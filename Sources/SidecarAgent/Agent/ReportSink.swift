/// Takes reports in order. Never blocks and never fails: delivery, retries and bounds are the sink's own affair.
package protocol ReportSink: Sendable {
    func report(_ report: StateReport)

    /// Delivers until cancelled.
    func run() async

    /// Returns when all reports taken so far are delivered or given up; cancel it to stop waiting.
    func flush() async
}

/// What outlives a killed agent of the reports. Calls are quick, safe from any thread and survive SIGKILL once returned.
package protocol ReportLog: Sendable {
    /// Reports this destination has not acknowledged, oldest first; custom values may be missing beyond a bound, a
    /// terminal report never is.
    func unacknowledged(by destination: String) -> [StateReport]

    /// The destination has everything up to and including `sequence`.
    func acknowledge(through sequence: Int64, by destination: String)
}
