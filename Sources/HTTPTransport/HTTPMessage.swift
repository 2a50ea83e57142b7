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

/// Status and header fields of a final response; its body goes to the sink.
public struct HTTPResponseHead: Sendable, Equatable {
    public var status: Int
    public var headers: HTTPHeaders
    /// As the status line has it: `1.0`, `1.1` or `2`.
    public var version: String
    /// Fields that came after the body (gRPC's status is one); known once the body has ended.
    public var trailers: HTTPHeaders = [:]

    public init(status: Int, headers: HTTPHeaders = [:], version: String = "1.1") {
        self.status = status
        self.headers = headers
        self.version = version
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Header fields in the order they were added; names compare without regard to ASCII case (RFC 9110 §5.1).
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public private(set) var fields: [(name: String, value: String)]

    public init() { fields = [] }

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.value == $1.value }
    }

    /// The first value of that name; assigning replaces every field of that name, `nil` removes them.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value }
        set {
            fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// Adds one more field, whether or not the name is there already.
    public mutating func add(_ name: String, _ value: String) {
        fields.append((name: name, value: value))
    }

    /// Whether a field, or a method, may have that name (RFC 9110 §5.6.2).
    package static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}

extension String {
    func equalsIgnoringASCIICase(_ other: String) -> Bool {
        // Most names differ in length, which costs nothing to see.
        utf8.count == other.utf8.count
            && utf8.elementsEqual(other.utf8) { $0 == $1 || $0.asciiLowercased == $1.asciiLowercased }
    }
}

extension UInt8 {
    fileprivate var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
