/// Bounds on waiting. `nil` waits for ever.
public struct HTTPTimeouts: Sendable, Equatable {
    /// Name resolution, TCP and TLS.
    public var connect: Duration?
    /// From the request's last byte sent to the response's first byte.
    public var firstByte: Duration?
    /// A transfer in which nothing moves for this long has stalled; one that is slower than `minimumRate`, after
    /// accordingly longer. Time in which the sink or the source itself holds the transfer back does not count.
    public var stall: Duration?
    /// Bytes a second below which a transfer counts as stalled.
    public var minimumRate: Int
    /// The whole exchange, waiting for a connection slot not included.
    public var total: Duration?

    public init(
        connect: Duration? = .seconds(10), firstByte: Duration? = .seconds(60), stall: Duration? = .seconds(30),
        minimumRate: Int = 1, total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.stall = stall
        self.minimumRate = minimumRate
        self.total = total
    }
}
