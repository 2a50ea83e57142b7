/// One request, as a value. Nothing is sent until a client executes it.
public struct HTTPRequest: Sendable {
    public var method: String
    /// Sent exactly as it stands (no dot segments removed), because signatures cover it byte for byte.
    public var url: String
    public var headers: HTTPHeaders
    public var body: HTTPRequestBody
    public var timeouts: HTTPTimeouts
    public var version: HTTPVersionPolicy
    public var coding: HTTPRequest.ContentCoding

    public init(
        _ method: String = "GET", _ url: String, headers: HTTPHeaders = [:], body: HTTPRequestBody = .none,
        timeouts: HTTPTimeouts = .init(), version: HTTPVersionPolicy = .http1,
        coding: HTTPRequest.ContentCoding = .identity
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.version = version
        self.coding = coding
    }
}

/// What a request carries.
public enum HTTPRequestBody: Sendable {
    case none
    case bytes([UInt8])
    /// Pulled on the transport's thread as the socket takes it; rewound when the request is sent again on a fresh
    /// connection.
    case source(any HTTPBodySource)
}

extension HTTPRequest {
    /// What the response body may be compressed with on its way.
    public enum ContentCoding: Sendable, Equatable {
        /// No `Accept-Encoding` is sent; the sink gets the bytes as they are on the wire.
        case identity
        /// Asks for gzip; the sink gets the bytes unpacked, while the head's `Content-Length` still tells the wire's count.
        case gzip
    }
}

/// Which HTTP a request may be sent over.
public enum HTTPVersionPolicy: Sendable, Equatable {
    /// HTTP/1.1 alone: for all bulk, because libcurl 7.88's HTTP/2 can take a truncated body for a whole one.
    case http1
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1: many small requests on one connection. Nothing that goes on for
    /// long: of a cancelled HTTP/2 exchange the server learns only with the next request on the same connection,
    /// because libcurl 7.88 leaves the RST_STREAM in its buffer until then.
    case negotiate
    /// HTTP/2 without TLS and without an upgrade.
    case http2PriorKnowledge
}

/// Bounds on waiting. `nil` waits for ever.
public struct HTTPTimeouts: Sendable, Equatable {
    /// Name resolution, TCP and TLS.
    public var connect: Duration?
    /// From the request's last byte sent to the response's first byte.
    public var firstByte: Duration?
    /// A transfer in which nothing moves for this long has stalled; one that is slower than `minimumRate`, after
    /// accordingly longer. Time in which the sink or the source itself holds the transfer back does not count.
    public var stall: Duration?
    /// Bytes a second below which a transfer counts as stalled.
    public var minimumRate: Int
    /// The whole exchange, waiting for a connection slot not included.
    public var total: Duration?

    public init(
        connect: Duration? = .seconds(10), firstByte: Duration? = .seconds(60), stall: Duration? = .seconds(30),
        minimumRate: Int = 1, total: Duration? = nil
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.stall = stall
        self.minimumRate = minimumRate
        self.total = total
    }
}
