/// What became of the events that were recorded.
public struct EventStatistics: Sendable, Equatable {
    /// Requests that the server accepted.
    public var written = 0
    /// Occurrences that were counted into an event that was there already.
    public var merged = 0
    /// New events beyond the rate that one object is allowed.
    public var droppedAsSpam = 0
    /// New events for which there was no room, or that came after the end.
    public var droppedAsFull = 0
    /// Events that the server refused, or could not take in time.
    public var droppedByServer = 0

    public init() {}
}
