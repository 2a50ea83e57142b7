/// A change of the step's state as the lifecycle decides it; the journal makes it a `StateReport`.
package struct StateChange: Sendable, Equatable, Codable {
    package var state: String
    package var previous: String
    /// The step is over; exactly one report of a step says so.
    package var terminal: Bool
    package var cause: FailureCause?

    package init(_ state: String, previous: String, terminal: Bool = false, cause: FailureCause? = nil) {
        self.state = state
        self.previous = previous
        self.terminal = terminal
        self.cause = cause
    }
}
