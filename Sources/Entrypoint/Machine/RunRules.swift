/// The settings and fixed times of a run. All times in milliseconds.
package struct RunRules: Sendable, Equatable {
    /// The longest silence of the command; nil: any.
    package var noOutputTimeout: Int64?
    /// Whether the agent's word on the outputs is awaited after the command's end.
    package var awaitsOutputs: Bool

    package init(noOutputTimeout: Int64? = nil, awaitsOutputs: Bool = false) {
        self.noOutputTimeout = noOutputTimeout
        self.awaitsOutputs = awaitsOutputs
    }

    /// From the watchdog's TERM to its KILL.
    static let terminationGrace: Int64 = 10_000
    /// How long descendants that hold the streams may go on writing after the command itself has ended. In a container
    /// of its own they would end with it at once.
    static let drainLimit: Int64 = 1_000
}
