/// Whose line it is.
package enum LogStream: Int, Sendable, CaseIterable {
    case output
    case error
    /// The entrypoint itself.
    case wrapper

    /// What its lines in the log begin with.
    package var prefix: StaticString {
        switch self {
        case .output: "OUT> "
        case .error: "ERROR> "
        case .wrapper: "WRAPPER> "
        }
    }
}
