/// Whose line it is.
public enum LogStream: Int, Sendable, CaseIterable {
    case output
    case error
    /// The entrypoint itself.
    case wrapper

    /// What its lines in the log begin with.
    public var prefix: StaticString {
        switch self {
        case .output: "OUT> "
        case .error: "ERROR> "
        case .wrapper: "WRAPPER> "
        }
    }
}
