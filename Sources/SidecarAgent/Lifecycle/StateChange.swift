/// A change of the step's state as the lifecycle decides it; the journal makes it a `StateReport`.
public struct StateChange: Sendable, Equatable, Codable {
    public var state: String
    public var previous: String
    /// The step is over; exactly one report of a step says so.
    public var terminal: Bool
    public var cause: FailureCause?

    public init(_ state: String, previous: String, terminal: Bool = false, cause: FailureCause? = nil) {
        self.state = state
        self.previous = previous
        self.terminal = terminal
        self.cause = cause
    }
}
