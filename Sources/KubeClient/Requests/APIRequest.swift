internal import Basics
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
    /// Whether other requests go first where the client may not make all at once: for what is told, not done.
    public var yields = false
    /// Whether it goes at once, outside the client's budget: for the few by which a process keeps its place among others,
    /// which is lost while hundreds of other requests wait for a server that is slow to answer those.
    public var isUrgent = false

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

extension APIRequest {
    /// What is sent to `access` in the name of `headers`' owner.
    func http(to access: ClusterAccess, as headers: HTTPHeaders) -> HTTPRequest {
        var request = HTTPRequest(method, access.url(path, query), headers: headers, timeouts: timeouts)
        // Without TLS nothing is negotiated, and only the first answer would show whether a connection can be shared: until
        // then all other requests would wait for it.
        request.version = access.server.isSecure ? version : .http1
        request.coding = paysCompression(to: access) ? .gzip : .identity
        for field in self.headers.fields { request.headers.add(field.name, field.value) }
        if request.headers["Accept"] == nil { request.headers["Accept"] = acceptField }
        if !body.isEmpty {
            request.body = .bytes(body)
            if request.headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/json" }
        }
        return request
    }

    /// HTTP/2 where the server has it, for what is answered with one object: hundreds of requests at once on one or two
    /// connections, which stand when they are needed, instead of a connection and its handshake each. For all else
    /// HTTP/1.1: libcurl 7.88 can take an HTTP/2 body that was cut short for a whole one, and a list in protobuf that ends
    /// between two items is a shorter list, while an object in JSON is none before its last brace; a watch that is let go
    /// would go on at the server.
    private var version: HTTPVersionPolicy {
        guard method == "GET" else { return .negotiate }
        let name = RequestName(self)
        return accept == .json && name.verb == "get" && name.subresource.isEmpty ? .negotiate : .http1
    }

    /// Errors, and kinds that have no protobuf, come as JSON.
    private var acceptField: String {
        switch (accept, isWatch) {
        case (.json, _): "application/json"
        case (.protobuf, false): "application/vnd.kubernetes.protobuf,application/json"
        case (.protobuf, true): "application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch"
        }
    }

    /// The server compresses answers from 128 KiB on, and never a watch. On the same machine that only costs.
    private func paysCompression(to access: ClusterAccess) -> Bool {
        method == "GET" && !isWatch && access.allowsCompression && !access.server.isLoopback
    }

    /// As it stands behind the path: empty, or beginning with `?`.
    static func encoded(_ query: [(name: String, value: String)]) -> String {
        let pairs = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }

    /// Method and path, without the query: fit for errors.
    package var attempted: String { "\(method) \(path)" }
}

extension ClusterAccess {
    func url(_ path: String, _ query: [(name: String, value: String)]) -> String {
        "\(server)\(path)\(APIRequest.encoded(query))"
    }
}
