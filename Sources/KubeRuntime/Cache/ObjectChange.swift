public import KubeModel

/// What an informer tells its handler.
public enum ObjectChange<Record: Sendable>: Sendable {
    case added(ObjectUID, Record)
    case updated(ObjectUID, from: Record, to: Record)
    /// Deleted, or of no interest any more; with what was last known.
    case removed(ObjectUID, Record)
    /// The whole state has been told. Comes once.
    case synced
}

extension ObjectChange: Equatable where Record: Equatable {}
