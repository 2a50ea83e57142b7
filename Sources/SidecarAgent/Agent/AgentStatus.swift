import Synchronization

/// What the endpoint shows of the agent at one moment.
public struct AgentStatus: Sendable, Equatable {
    public var phase: LifecyclePhase
    /// The last report made; `nil` before the first.
    public var report: StateReport?
    /// Current try of main, from 1; 0 before one was seen.
    public var attempt: Int
    public var epoch: String

    public init(phase: LifecyclePhase, report: StateReport?, attempt: Int, epoch: String) {
        self.phase = phase
        self.report = report
        self.attempt = attempt
        self.epoch = epoch
    }
}

/// The agent's current status, written by the agent alone and read by the endpoint.
public final class StatusBoard: Sendable {
    private let status: Mutex<AgentStatus>

    public init(_ initial: AgentStatus) {
        status = Mutex(initial)
    }

    public var current: AgentStatus { status.withLock { $0 } }

    func show(_ new: AgentStatus) {
        status.withLock { $0 = new }
    }
}
