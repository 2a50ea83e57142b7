/// `Retry-After` in its two forms (RFC 9110 §10.2.3).
package enum RetryAfter {
    /// Longer waits are the server's way of saying no; a budget decides then.
    private static let cap: Int64 = 3600

    /// - Parameter now: seconds since 1970, for a value that is a date; without it a date says nothing.
    package static func parse(_ value: String?, now: Int64?) -> Duration? {
        guard let value else { return nil }
        if let seconds = Int64(value) { return .seconds(min(max(0, seconds), cap)) }
        guard let now, let then = CivilTime(http: value) else { return nil }
        return .seconds(min(max(0, then.secondsSince1970 - now), cap))
    }
}
