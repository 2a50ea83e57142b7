/// Why an exchange did not end with a whole response. Carries no credential: URLs lose their user info and query.
public struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        case invalidRequest(String)
        case nameResolution
        case connect
        case tls(String)
        case proxy(String)
        /// Which of `HTTPTimeouts` ran out: `connect`, `firstByte`, `stall`, `total`.
        case timeout(String)
        /// The peer closed or reset the connection before the exchange was over.
        case connectionLost(String)
        /// Fewer or more body bytes than announced.
        case bodyLength(String)
        case malformedResponse(String)
        case bodySource(String)
        case bodySink(String)
        case tooLarge(limit: Int)
        case cancelled
        case clientClosed
        case other(String)
    }

    /// Method and redacted URL.
    public var attempted: String
    public var reason: Reason
    /// No byte of the request can have reached the server, so that even a request that is not idempotent may be
    /// repeated.
    public var nothingSent: Bool

    public init(attempted: String, reason: Reason, nothingSent: Bool = false) {
        self.attempted = attempted
        self.reason = reason
        self.nothingSent = nothingSent
    }

    /// Whether the same request may succeed when it is made again.
    public var isTransient: Bool {
        switch reason {
        case .nameResolution, .connect, .timeout, .connectionLost, .bodyLength: true
        case .invalidRequest, .tls, .proxy, .malformedResponse, .bodySource, .bodySink, .tooLarge, .cancelled,
            .clientClosed, .other:
            false
        }
    }

    public var description: String { "\(attempted): \(reason)" }
}
