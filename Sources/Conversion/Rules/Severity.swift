/// How much a finding matters.
package enum Severity: String, Sendable, CaseIterable {
    /// The pod is left as it was.
    case error
    /// The conversion is right, but what it meets may not be.
    case warning
    /// What changes with the conversion; shown with `-v`.
    case note
}
