/// What becomes of a main container that failed.
package enum RestartPolicy: String, Sendable, Codable {
    /// A failed try is the end.
    case never = "Never"
    /// A failed try is followed by another, until the Job gives up.
    case onFailure = "OnFailure"
}
