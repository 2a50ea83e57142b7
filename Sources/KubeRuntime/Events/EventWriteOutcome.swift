/// What became of a write.
enum EventWriteOutcome: Sendable, Equatable {
    case written
    /// The event is there no more (events live for an hour): it is to be created again.
    case missing
    /// The server will not have it, now or later.
    case refused
    /// It may be tried again.
    case failed
}
