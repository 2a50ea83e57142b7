/// What an event's writing needs, and nothing of what deciding about it needs.
struct EventWrite: Sendable, Equatable {
    enum Purpose: Sendable, Equatable {
        case create
        /// It was written before: only its count and last time have changed.
        case updateSeries
    }

    var purpose: Purpose
    var event: ClusterEvent
    /// Of the `Event` object.
    var name: String
    /// Microseconds since 1970: of the first occurrence and of the last.
    var firstSeen: Int64
    var lastSeen: Int64
    var count: Int
}
