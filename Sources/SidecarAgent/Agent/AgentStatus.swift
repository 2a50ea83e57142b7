import Synchronization

/// What the endpoint shows of the agent at one moment.
package struct AgentStatus: Sendable, Equatable {
    package var phase: LifecyclePhase
    /// The last report made; `nil` before the first.
    package var report: StateReport?
    /// Current try of main, from 1; 0 before one was seen.
    package var attempt: Int
    package var epoch: String

    package init(phase: LifecyclePhase, report: StateReport?, attempt: Int, epoch: String) {
        self.phase = phase
        self.report = report
        self.attempt = attempt
        self.epoch = epoch
    }
}

/// The agent's current status, written by the agent alone and read by the endpoint.
package final class StatusBoard: Sendable {
    private let status: Mutex<AgentStatus>

    package init(_ initial: AgentStatus) {
        status = Mutex(initial)
    }

    package var current: AgentStatus { status.withLock { $0 } }

    func show(_ new: AgentStatus) {
        status.withLock { $0 = new }
    }
}
