/// What the cluster offers and what time it is: all that a plan depends on beside the pod.
public struct Surroundings: Sendable, Equatable {
    /// Seconds since 1970.
    public var now: Int64
    public var exitImage: ExitImage?
    /// Whether ContainerRecreateRequests are served.
    public var isKruiseServed = false
    /// Whether our node agent runs.
    public var hasNodeAgents = false
    public var budget = RestartBudget.unlimited
    public var patience = Patience()

    public init(now: Int64) {
        self.now = now
    }
}
