import CCurl

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

/// How libcurl says a transfer has ended.
struct CurlOutcome: Sendable {
    /// A `CURLcode`.
    var code: UInt32
    /// libcurl's own words, scrubbed.
    var message: String
    /// The proxy's answer to CONNECT, 0 without one.
    var connectStatus: Int = 0
    /// Body bytes as they came over the wire, before decompression.
    var wireBytes: Int64 = 0

    /// `nil` for success.
    func failure(in phase: ExchangeState.Phase) -> TransportError.Reason? {
        switch CURLcode(code) {
        case CURLE_OK: nil
        case CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN: .invalidRequest(message)
        case CURLE_UNSUPPORTED_PROTOCOL:
            // HTTP/0.9 comes out under this code too.
            phase == .connecting ? .invalidRequest(message) : .malformedResponse(message)
        case CURLE_COULDNT_RESOLVE_HOST: .nameResolution
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: .proxy(message)
        case _ where phase == .connecting && connectStatus != 0 && !(200..<300).contains(connectStatus):
            .proxy("the proxy answered \(connectStatus) to CONNECT")
        case CURLE_COULDNT_CONNECT: .connect
        case CURLE_OPERATION_TIMEDOUT: .timeout(phase == .connecting ? "connect" : "total")
        case CURLE_SSL_CONNECT_ERROR where isLostConnection: .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT,
            CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED:
            .tls(message)
        case CURLE_PARTIAL_FILE: .bodyLength(message)
        case CURLE_RECV_ERROR where message.contains("chunked-encoding"): .malformedResponse(message)
        // TLS 1.3 reports a refused client certificate only after the handshake.
        case CURLE_RECV_ERROR where message.contains("alert") && !isPassingAlert: .tls(message)
        case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            phase == .connecting ? .connect : .connectionLost(message)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .malformedResponse(message)
        // libcurl's line buffer has a bound, and running into it is reported like this.
        case CURLE_OUT_OF_MEMORY where phase == .receiving || phase == .waiting:
            .malformedResponse("a header line is too long")
        case CURLE_SEND_FAIL_REWIND: .bodySource("the body cannot be sent a second time")
        default: .other(message)
        }
    }

    /// Of this connection alone: bytes were damaged on their way, or the peer is in trouble.
    private var isPassingAlert: Bool {
        ["bad record mac", "internal error"].contains { message.contains("alert \($0)") }
    }

    /// A TLS handshake that the network, not the peer's judgement, ended.
    private var isLostConnection: Bool {
        isPassingAlert
            || ["reset by peer", "SSL_ERROR_SYSCALL", "Broken pipe", "unexpected eof"].contains { message.contains($0) }
    }
}
