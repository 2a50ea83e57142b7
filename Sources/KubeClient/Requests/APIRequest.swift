public import HTTPTransport

/// One request to the API server, as a value: relative to whatever server a client stands for, without credentials.
public struct APIRequest: Sendable {
    public enum Encoding: Sendable {
        case json
        /// Kubernetes' own envelope around protobuf; for built-in kinds only.
        case protobuf
    }

    public var method: String
    /// Absolute and percent-encoded: `/api/v1/namespaces/default/pods`.
    public var path: String
    /// Not yet encoded; in the order given.
    public var query: [(name: String, value: String)]
    public var headers: HTTPHeaders
    public var body: [UInt8]
    public var accept: Encoding
    /// Whether doing it twice is the same as doing it once, so that it may be repeated after a lost connection.
    public var isIdempotent: Bool
    public var timeouts: HTTPTimeouts

    public init(
        _ method: String = "GET", _ path: String, query: [(name: String, value: String)] = [],
        headers: HTTPHeaders = [:], body: [UInt8] = [], accept: Encoding = .json, isIdempotent: Bool? = nil,
        timeouts: HTTPTimeouts = .init()
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.accept = accept
        self.isIdempotent = isIdempotent ?? (method == "GET")
        self.timeouts = timeouts
    }
}
