/// What is to become of a key after it was worked on.
public enum WorkOutcome: Sendable, Equatable {
    /// It did well: its failures count no more.
    case done
    /// It did well, and is to be looked at again after this time.
    case again(after: Duration)
    /// It failed: to be tried again, each time after a longer wait.
    case failed
}
