/// What a command line says beside the configuration.
package struct TerminatorOptions: Sendable {
    /// `nil`: all namespaces.
    package var namespace: String?
    /// Says what would be done, and does nothing.
    package var isDryRun = false
    /// Ends once every pod that was there has been looked at.
    package var isOnce = false

    package init() {}
}
