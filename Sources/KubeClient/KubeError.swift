internal import Basics
public import HTTPTransport
public import KubeModel

/// Why something asked of a cluster did not happen. Carries no credential.
public struct KubeError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable {
        /// The server answered, and said no.
        case status(APIStatus)
        case transport(TransportError)
        /// The kubeconfig or the pod's service account cannot be used; says which file and field.
        case configuration(String)
        /// No credential could be had (a plugin failed, a token file is unreadable).
        case credentials(String)
        /// The answer is not what the API promises.
        case malformed(String)
        case cancelled
    }

    /// What was asked: method and path, or which file was read.
    public var attempted: String
    public var reason: Reason

    public init(attempted: String, reason: Reason) {
        self.attempted = attempted
        self.reason = reason
    }

    public var status: APIStatus? {
        if case .status(let status) = reason { status } else { nil }
    }

    /// Whether the same request may succeed later without anybody changing anything.
    public var isTransient: Bool {
        switch reason {
        case .status(let status): status.code == 429 || (500...599).contains(status.code) && status.code != 501
        case .transport(let error): error.isTransient
        case .credentials: true
        case .configuration, .malformed, .cancelled: false
        }
    }

    public var description: String {
        switch reason {
        case .status(let status): "\(attempted): \(status.message.isEmpty ? "HTTP \(status.code)" : status.message)"
        case .transport(let error): "\(error.attempted): \(error.words)"
        case .configuration(let text), .credentials(let text), .malformed(let text): "\(attempted): \(text)"
        case .cancelled: "\(attempted): cancelled"
        }
    }
}

extension TransportError {
    /// Why, and what to look at.
    var words: String {
        switch reason {
        case .nameResolution: "the server's name does not resolve"
        case .connect: "no connection; is the server up, and is the address right?"
        case .tls(let words): "TLS failed: \(words)"
        case .proxy(let words): "the proxy failed: \(words)"
        case .timeout("connect"): "no connection in time"
        case .timeout("firstByte"): "no answer in time"
        case .timeout("stall"): "the answer stalled"
        case .timeout: "it took too long"
        case .connectionLost(let words): "the connection was lost: \(words)"
        case .bodyLength(let words): "the answer has not its announced length: \(words)"
        case .invalidRequest(let words): "the request cannot be sent: \(words)"
        case .malformedResponse(let words): "the answer cannot be read: \(words)"
        case .bodySource(let words), .bodySink(let words), .other(let words): words
        case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .cancelled: "cancelled"
        case .clientClosed: "the client was shut down"
        }
    }
}

extension SingleFlight where Failure == KubeError {
    convenience init() {
        self.init(cancelled: KubeError(attempted: "wait for another's answer", reason: .cancelled)) { error in
            if case .cancelled = error.reason { true } else { false }
        }
    }
}

/// An answer that is not what was asked for, as a status: the API server's own, or made from what a proxy before it said.
struct Refusal: Sendable {
    let status: APIStatus

    init(_ head: HTTPResponseHead, _ body: [UInt8]) {
        var status = APIStatus(answer: body.span) ?? Self.foreign(head, body)
        // An error inside a watch has a code of its own; here the answer's counts. 2xx by somebody else is a bad gateway.
        status.code = head.isSuccess ? 502 : head.status
        if status.reason.isEmpty { status.reason = Self.reason(of: status.code) }
        status.retryAfterSeconds = Self.retryAfter(head.headers) ?? status.retryAfterSeconds
        self.status = status
    }

    /// A date is compared with the clock of who gave it, as the answer shows it.
    private static func retryAfter(_ headers: HTTPHeaders) -> Int? {
        let now = headers["Date"].flatMap { CivilTime(http: $0)?.secondsSince1970 }
        return RetryAfter.parse(headers["Retry-After"], now: now).map { Int($0.components.seconds) }
    }

    /// Not from an API server, or from one in trouble.
    private static func foreign(_ head: HTTPResponseHead, _ body: [UInt8]) -> APIStatus {
        var text = String(decoding: body.prefix(4096), as: UTF8.self)
        if isPage(head) || text.prefix(64).lowercased().contains("<html") { text = title(of: text) ?? "" }
        let words = PluginWords.plain(text).split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(300)
        return APIStatus(
            code: head.status,
            message: "HTTP \(head.status)" + (head.isSuccess ? ", and a web page in the API server's place" : "")
                + (destination(head) ?? (words.isEmpty ? ", without an explanation" : ": \(words)")))
    }

    /// No credential goes where an answer points.
    private static func destination(_ head: HTTPResponseHead) -> String? {
        guard (300..<400).contains(head.status), let place = head.headers["Location"] else { return nil }
        return ", and leads to \(PluginWords.plain(Redaction.redactURL(place)).prefix(300)), which is not followed; "
            + "is the server's address right?"
    }

    static func isPage(_ head: HTTPResponseHead) -> Bool {
        head.headers["Content-Type"]?.lowercased().contains("html") == true
    }

    private static func title(of page: String) -> String? {
        guard let open = page.firstRange(of: "<title>") ?? page.firstRange(of: "<TITLE>"),
            let close = page[open.upperBound...].firstRange(of: "</")
        else { return nil }
        return String(page[open.upperBound..<close.lowerBound])
    }

    /// The API's own word (meta/v1 `StatusReason`).
    private static func reason(of code: Int) -> String {
        switch code {
        case 400: "BadRequest"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "NotFound"
        case 405: "MethodNotAllowed"
        case 406: "NotAcceptable"
        case 409: "Conflict"
        case 410: "Gone"
        case 413: "RequestEntityTooLarge"
        case 415: "UnsupportedMediaType"
        case 422: "Invalid"
        case 429: "TooManyRequests"
        case 500: "InternalError"
        case 503: "ServiceUnavailable"
        case 504: "Timeout"
        default: "Unknown"
        }
    }
}
