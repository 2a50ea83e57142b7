internal import Glibc
internal import HTTPTransport
internal import Synchronization

/// Stands before a sink and lets only the response through that was asked for; the body of any other is kept for the
/// error it explains.
final class ResponseGate: HTTPBodySink {
    enum Verdict {
        /// The object's bytes: pass them on.
        case deliver
        /// An error document or a redirect: keep it.
        case keep
        /// Its head alone is wanted.
        case stop
        case refuse(TransferError)
    }

    /// Error documents are some hundred bytes; what is longer explains nothing.
    static let errorDocument = 64 << 10

    private struct State {
        var head: HTTPResponseHead?
        var body: [UInt8] = []
        var refusal: TransferError?
        var delivers = false
    }

    private let target: (any HTTPBodySink)?
    private let judge: @Sendable (HTTPResponseHead) -> Verdict
    private let limit: Int
    private let state = Mutex(State())

    /// Keeps at most `limit` bytes of a body that does not go to the target; the rest is dropped.
    init(
        _ target: (any HTTPBodySink)?, keeping limit: Int = ResponseGate.errorDocument,
        judge: @escaping @Sendable (HTTPResponseHead) -> Verdict
    ) {
        self.target = target
        self.limit = limit
        self.judge = judge
    }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep {
        let verdict = judge(head)
        state.withLock {
            $0 = State(head: head)
            switch verdict {
            case .deliver: $0.delivers = true
            case .refuse(let error): $0.refusal = error
            case .keep, .stop: break
            }
        }
        switch verdict {
        case .deliver: return target?.begin(head, transfer: transfer) ?? .proceed
        case .keep: return .proceed
        case .stop: return .stop("head seen")
        case .refuse: return .stop("refused")
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep {
        let delivers = state.withLock { state in
            if !state.delivers { state.body += bytes.prefix(max(0, limit - state.body.count)) }
            return state.delivers
        }
        return delivers ? target?.write(bytes) ?? .proceed : .proceed
    }

    /// Executes `request` through this gate. The body is empty where it went to the target.
    func run(_ request: HTTPRequest, on client: any HTTPExchange, object: String) async throws(TransferError)
        -> (head: HTTPResponseHead, body: [UInt8])
    {
        do {
            let head = try await client.execute(request, into: self)
            let body = state.withLock { $0.body }
            return (head, body)
        } catch {
            let (refusal, head, delivers) = state.withLock { ($0.refusal, $0.head, $0.delivers) }
            if let refusal { throw refusal }
            if case .bodySink = error.reason, let head, !delivers { return (head, []) }
            throw TransferError(error, object: object)
        }
    }
}

/// What stores and credential sources ask of a client, so that tests may answer in its place.
protocol HTTPExchange: Sendable {
    func execute(_ request: HTTPRequest, into sink: any HTTPBodySink) async throws(TransportError) -> HTTPResponseHead
    func execute(_ request: HTTPRequest, upTo limit: Int) async throws(TransportError)
        -> (head: HTTPResponseHead, body: [UInt8])
}

extension HTTPClient: HTTPExchange {}

extension TransferError {
    /// What a failed exchange means for the object it was about.
    init(_ error: TransportError, object: String) {
        let (reason, words, hint) = Self.meaning(of: error.reason)
        self.init(object: object, reason: reason, message: "\(error.attempted): \(words)", hint: hint)
    }

    private static func meaning(of reason: TransportError.Reason) -> (Reason, words: String, hint: String?) {
        switch reason {
        case .nameResolution:
            (.network, "the host name does not resolve", "check the name and the cluster's DNS")
        case .connect:
            (.network, "no connection", "check that the server runs and that the network policy allows it")
        case .tls(let words):
            (.configuration, "TLS failed: \(words)", "name an own authority's certificates in AWS_CA_BUNDLE")
        case .proxy(let words):
            (.network, "the proxy failed: \(words)", "check https_proxy, http_proxy and no_proxy")
        case .timeout(let which): (.timeout, words(ofTimeout: which), nil)
        case .connectionLost(let words): (.network, "the connection was lost: \(words)", nil)
        case .bodyLength(let words): (.network, "the body has not its announced length: \(words)", nil)
        case .bodySource(let words), .bodySink(let words): (.local(errno: EIO), words, nil)
        case .cancelled, .clientClosed: (.cancelled, "cancelled", nil)
        case .invalidRequest(let words): (.configuration, "the request cannot be sent: \(words)", nil)
        case .malformedResponse(let words): (.protocolViolation, "the answer cannot be read: \(words)", nil)
        case .tooLarge(let limit): (.protocolViolation, "the answer is larger than \(limit) bytes", nil)
        case .other(let words): (.network, words, nil)
        }
    }

    /// The names are those of `HTTPTimeouts`.
    private static func words(ofTimeout which: String) -> String {
        switch which {
        case "connect": "no connection in time"
        case "firstByte": "no answer in time"
        case "stall": "the transfer stalled"
        default: "it took too long"
        }
    }
}
