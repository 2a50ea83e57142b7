/// The lease could not be renewed in time, or another holds it. The work was cancelled and has ended.
public struct LeadershipLost: Error, Sendable, CustomStringConvertible {
    public var lease: String
    /// Who holds it, as far as is known; empty where nobody does.
    public var holder: String

    public var description: String {
        "lost the lease \(lease)" + (holder.isEmpty ? "" : " to \(holder)")
            + ": it was not renewed in time; the API server may be unreachable or this process was stopped"
    }
}
