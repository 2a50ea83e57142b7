/// What an elector wants done. At most one of `read` and `claim` is under way at a time.
enum ElectionEffect: Sendable, Equatable {
    case read
    case claim(LeaseClaim)
    /// The work may begin.
    case lead
    /// The work must end now.
    case lose
    /// Nothing is left to do.
    case end
}
