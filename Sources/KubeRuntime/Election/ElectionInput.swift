/// What an elector is told.
enum ElectionInput: Sendable {
    /// A moment that was asked for has come, or it is time to begin.
    case wake
    /// The lease was read; `nil` where there is none.
    case read(LeaseRecord?)
    /// A claim was granted, and this is the lease now.
    case granted(LeaseRecord)
    /// Somebody else changed, created or deleted the lease first: it must be read again.
    case conflict
    /// The server could not be asked, or would not say.
    case failed
    /// The work is over, or is not to begin: give the lease back, and end.
    case stop
}
