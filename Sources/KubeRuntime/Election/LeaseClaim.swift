/// A change of a lease that an elector wants. Applies to nothing but the version that it was decided on.
struct LeaseClaim: Sendable, Equatable {
    enum Purpose: Sendable, Equatable {
        /// There is no lease yet.
        case create
        /// It is free, has run out, or is already in our name although we do not lead.
        case acquire
        case renew
        case release
    }

    var purpose: Purpose
    var holder: String
    var durationSeconds: Int64
    var transitions: Int64
    /// Of the lease that is to be changed; empty where it is to be created.
    var resourceVersion: String
    /// Whether leadership begins or ends with it, so that `acquireTime` is set.
    var isTransition: Bool
}
