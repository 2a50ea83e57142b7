package import WorkdirProtocol

/// Why an object could not be moved: what was attempted, why it failed, what a person can try.
package struct TransferError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case notFound
        case permission
        /// The store asks for less (429, 503 SlowDown); carries its Retry-After.
        case throttled(retryAfter: Duration?)
        case server(status: Int)
        case network
        case timeout
        /// The object changed between two reads (412, other ETag, other size).
        case changed
        case checksum(expected: String, found: String)
        case length(expected: Int64, found: Int64)
        case archive
        /// A name that would lead outside its folder, or collides with another.
        case hostileName
        case noSpace
        case local(errno: Int32)
        case credentials
        case configuration
        case protocolViolation
        case cancelled
        /// The retry budget is used up.
        case exhausted
    }

    /// The object's URL without credentials, or the local path.
    package var object: String
    package var reason: Reason
    /// One clear sentence.
    package var message: String
    /// What to try, where something is known to help.
    package var hint: String?

    package init(object: String, reason: Reason, message: String, hint: String? = nil) {
        self.object = object
        self.reason = reason
        self.message = message
        self.hint = hint
    }

    package var description: String {
        hint.map { "\(object): \(message) (\($0))" } ?? "\(object): \(message)"
    }

    /// The code with which a command ends that could do nothing about it.
    package var exitCode: ExitCode {
        switch reason {
        case .notFound: .noInput
        case .permission, .credentials: .permission
        case .throttled, .network, .timeout, .changed, .exhausted, .cancelled: .temporary
        case .server(let status): status >= 500 ? .temporary : .inputOutput
        case .checksum, .archive, .hostileName: .data
        case .length, .protocolViolation, .noSpace: .inputOutput
        case .local(let errno): ExitCode(errno: errno)
        case .configuration: .configuration
        }
    }
}
