/// Whose use of resources is told.
package enum UsageScope: Sendable, Equatable {
    /// A container's: all of its control group.
    case container
    /// That of single processes and what they started, where the control group holds others as well: a step that runs
    /// on a machine as it is.
    case processes

    package var name: String {
        switch self {
        case .container: "container"
        case .processes: "processes"
        }
    }
}
