import Basics

/// A request checked and translated into what libcurl is told. Made on the caller's side, so that a bad request costs
/// the transport's thread nothing.
struct RequestPlan: Sendable {
    enum Payload: Sendable, Equatable {
        case get
        case head
        /// Length in bytes; `nil` sends chunks.
        case upload(Int64?)
    }

    /// Smaller bodies are sent without asking first: a server that knows no `100 Continue` would cost a wait.
    private static let expectThreshold: Int64 = 1 << 20

    var attempted: String
    var origin: String
    var url: String
    /// Never to appear in an error, however libcurl words it.
    var secrets: [String]
    /// `nil` where libcurl's own method for the payload is meant.
    var method: String?
    var payload: Payload
    var headerLines: [String]
    /// libcurl's CONNECT_TO entry, where the name in the URL is not the host to connect to.
    var connectTo: String?
    /// Empty for the straight way.
    var proxy: String

    /// - Parameter asksFirst: whether a large body waits for the server's `100 Continue`.
    init(_ request: HTTPRequest, tls: TLSConfiguration, proxies: ProxySettings, asksFirst: Bool = true)
        throws(TransportError)
    {
        guard let target = RequestTarget(request.url) else {
            throw TransportError(
                attempted: "\(Redaction.scrub(request.method)) \(Redaction.redactURL(request.url))",
                reason: .invalidRequest("not an absolute http or https URL in ASCII without spaces"), nothingSent: true)
        }
        attempted = "\(request.method) \(target.redacted)"
        origin = target.origin
        url = request.url
        proxy = proxies.proxy(forScheme: target.scheme, host: target.host, port: target.port)
        secrets = Self.secrets(of: target) + (RequestTarget(proxy).map(Self.secrets) ?? [])
        payload = Self.payload(of: request)
        method = request.method
        switch (payload, request.method) {
        case (.get, "GET"), (.head, "HEAD"), (.upload, "PUT"): method = nil
        default: break
        }
        headerLines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }

        if let serverName = tls.serverName, target.scheme == "https", serverName != target.host {
            let userInfo = target.userInfo.map { $0 + "@" } ?? ""
            url = "https://\(userInfo)\(serverName):\(target.port)\(target.rest)"
            connectTo = "\(serverName):\(target.port):\(target.host):\(target.port)"
            if request.headers["Host"] == nil { headerLines.append("Host: \(target.authority)") }
        }
        if case .upload(let length) = payload, request.headers["Expect"] == nil {
            if !asksFirst || length ?? .max < Self.expectThreshold { headerLines.append("Expect:") }
        }

        if let fault = Self.fault(in: request) {
            throw TransportError(
                attempted: Redaction.scrub(attempted), reason: .invalidRequest(fault), nothingSent: true)
        }
    }

    private static func secrets(of target: RequestTarget) -> [String] {
        let query = target.rest.firstIndex(of: "?").map { String(target.rest[$0...].dropFirst()) }
        return [target.userInfo, query].compactMap { $0 }
    }

    private static func payload(of request: HTTPRequest) -> Payload {
        switch request.body {
        case .bytes(let bytes): .upload(Int64(bytes.count))
        case .source(let source): .upload(source.length)
        case .none where request.method == "HEAD": .head
        // These say how long their body is even when there is none (RFC 9110 §8.6).
        case .none where ["POST", "PUT", "PATCH"].contains(request.method): .upload(0)
        case .none: .get
        }
    }

    /// Why the request cannot be sent: anything that could smuggle a second header line or request.
    private static func fault(in request: HTTPRequest) -> String? {
        guard HTTPHeaders.isToken(request.method) else { return "the method is not a token" }
        for field in request.headers.fields {
            guard HTTPHeaders.isToken(field.name) else { return "a header name is not a token" }
            guard !field.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
                return "the value of header \(field.name) holds a control character"
            }
        }
        if case .source(let source) = request.body, let length = source.length, length < 0 {
            return "the body's length is negative"
        }
        return nil
    }
}
