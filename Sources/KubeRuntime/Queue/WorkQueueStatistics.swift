/// What a work queue has counted since it was made.
public struct WorkQueueStatistics: Sendable, Equatable {
    /// Keys taken into the queue; one that waited already does not count again.
    public var adds = 0
    /// Keys added for later.
    public var retries = 0

    public init() {}
}
