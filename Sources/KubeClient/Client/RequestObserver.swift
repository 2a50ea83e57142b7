/// Told about every exchange with the server, retries included.
public protocol RequestObserver: Sendable {
    func observe(_ exchange: ObservedExchange)
}

/// One exchange, in the words of metrics.
public struct ObservedExchange: Sendable, Equatable {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, …: as RBAC calls it.
    public var verb: String
    /// The plural; empty for what is no resource, such as `/version`.
    public var resource: String
    /// Of the resource; empty for none.
    public var subresource: String
    /// `nil` where no answer came.
    public var status: Int?
    /// Until the answer was there whole; for streams, until its head was.
    public var duration: Duration
}
