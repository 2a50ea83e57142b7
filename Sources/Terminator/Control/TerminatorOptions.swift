/// What a command line says beside the configuration.
public struct TerminatorOptions: Sendable {
    /// `nil`: all namespaces.
    public var namespace: String?
    /// Says what would be done, and does nothing.
    public var isDryRun = false
    /// Ends once every pod that was there has been looked at.
    public var isOnce = false

    public init() {}
}
