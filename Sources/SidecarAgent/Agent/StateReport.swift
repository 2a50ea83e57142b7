/// One report to the backends. Equal `id`s are the same report, however often it arrives.
public struct StateReport: Sendable, Equatable, Codable {
    public var state: String
    public var previous: String
    public var terminal: Bool
    public var reason: String?
    public var message: String?
    public var exitCode: Int32?
    /// `main` or `agent`; absent where nothing went wrong.
    public var container: String?
    /// Names this life of the volume; another pod, or an emptied volume, has another one.
    public var epoch: String
    /// From 1 within the epoch, without gaps, across restarts of the agent.
    public var sequence: Int64
    public var time: UnixTime

    public init(_ change: StateChange, epoch: String, sequence: Int64, time: UnixTime) {
        state = change.state
        previous = change.previous
        terminal = change.terminal
        reason = change.cause?.reason
        message = change.cause?.message
        exitCode = change.cause?.exitCode
        container = change.cause?.container.rawValue
        self.epoch = epoch
        self.sequence = sequence
        self.time = time
    }
}
