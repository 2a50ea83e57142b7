internal import Glibc
internal import HTTPTransport
internal import Synchronization

/// Stands before a sink and lets only the response through that was asked for; the body of any other is kept for the
/// error it explains. What comes through is decided by `Wanted.verdict`, on the client's thread.
final class ResponseGate: HTTPBodySink {
    enum Wanted: Sendable {
        /// Any answer, at most so many bytes of it kept; the rest is dropped.
        case document(limit: Int)
        /// No more than the head of an answer that is no redirect.
        case head
        /// An object's bytes, for the sink.
        case object(ResponseCheck, any ObjectSink)
    }

    enum Verdict {
        /// The object's bytes: pass them on.
        case deliver(ObjectInfo)
        /// A document, an error or a redirect: keep it.
        case keep
        /// Its head alone is wanted.
        case stop
        case refuse(TransferError)
    }

    /// What came: the body is empty where it went to the sink, which then was told `info`.
    struct Answer {
        var head: HTTPResponseHead
        var body: [UInt8] = []
        var info: ObjectInfo?
    }

    /// Error documents are some hundred bytes; what is longer explains nothing.
    static let errorDocument = 64 << 10

    private struct State {
        var answer: Answer?
        var refusal: TransferError?
    }

    private let wanted: Wanted
    private let sink: (any ObjectSink)?
    private let limit: Int
    private let state = Mutex(State())

    init(_ wanted: Wanted) {
        self.wanted = wanted
        (sink, limit) =
            switch wanted {
            case .document(let limit): (nil, limit)
            case .head: (nil, Self.errorDocument)
            case .object(_, let sink): (sink, Self.errorDocument)
            }
    }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep {
        let verdict = wanted.verdict(head)
        state.withLock {
            $0 = State(answer: Answer(head: head))
            switch verdict {
            case .deliver(let info): $0.answer?.info = info
            case .refuse(let error): $0.refusal = error
            case .keep, .stop: break
            }
        }
        switch verdict {
        case .deliver(let info):
            return sink?.begin(info, reading: transfer) ?? .proceed
        case .keep: return .proceed
        case .stop: return .stop("head seen")
        case .refuse: return .stop("refused")
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep {
        let delivers = state.withLock { state in
            guard let answer = state.answer, answer.info == nil else { return true }
            state.answer?.body += bytes.prefix(max(0, limit - answer.body.count))
            return false
        }
        return delivers ? sink?.write(bytes) ?? .proceed : .proceed
    }

    /// Executes `request` through this gate.
    func run(_ request: HTTPRequest, on client: any HTTPRequesting, object: String) async throws(TransferError)
        -> Answer
    {
        do {
            let head = try await client.execute(request, into: self)
            return state.withLock { $0.answer } ?? Answer(head: head)
        } catch {
            let (refusal, answer) = state.withLock { ($0.refusal, $0.answer) }
            if let refusal { throw refusal }
            if case .bodySink = error.reason, let answer, answer.info == nil { return Answer(head: answer.head) }
            throw TransferError(error, object: object)
        }
    }
}

extension ResponseGate.Answer {
    /// Throws for the page of a gateway or of a login that stands in the store's place, whatever it was asked to do: a success
    /// that bears none of the header fields by which the store's own answers are known.
    func check(isBy store: [String], _ method: String, of object: String) throws(TransferError) {
        guard head.isSuccess, info == nil, ResponseCheck.isPage(head), store.allSatisfy({ head.headers[$0] == nil })
        else { return }
        throw TransferError(
            object, .network, "\(method) was \(ResponseCheck.pageInstead)",
            hint: "check the endpoint, and what stands between this pod and the store")
    }
}

extension ResponseGate.Wanted {
    func verdict(_ head: HTTPResponseHead) -> ResponseGate.Verdict {
        switch self {
        case .document: .keep
        case .head: (300..<400).contains(head.status) ? .keep : .stop
        case .object(let check, _): head.isSuccess ? check.verdict(head, check.info(head)) : .keep
        }
    }
}

/// What stores and credential sources ask of a client, so that tests may answer in its place.
protocol HTTPRequesting: Sendable {
    func execute(_ request: HTTPRequest, into sink: any HTTPBodySink) async throws(TransportError) -> HTTPResponseHead
    func execute(_ request: HTTPRequest, upTo limit: Int) async throws(TransportError)
        -> (head: HTTPResponseHead, body: [UInt8])
}

extension HTTPClient: HTTPRequesting {}

extension TransferError {
    /// What a failed request means for the object it was about.
    init(_ error: TransportError, object: String) {
        let (reason, words, hint) = Self.meaning(of: error.reason)
        // The object's own URL is said once.
        let attempted =
            error.attempted.hasSuffix(" \(object)") ? error.attempted.dropLast(object.count + 1) : error.attempted[...]
        self.init(object, reason, "\(attempted): \(words)", hint: hint)
    }

    private static func meaning(of reason: TransportError.Reason) -> (Reason, words: String, hint: String?) {
        switch reason {
        case .nameResolution:
            (.network, "the host name does not resolve", "check the name and the cluster's DNS")
        case .connect:
            (.network, "no connection", "check that the server runs and that the network policy allows it")
        case .tls(let words) where !words.contains("certificate"):
            (.configuration, "TLS failed: \(words)", "check that the server speaks TLS at this port")
        case .tls(let words):
            (.configuration, "TLS failed: \(words)", hint(onCertificate: words))
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

    /// The words are libcurl's and OpenSSL's.
    private static func hint(onCertificate words: String) -> String {
        let hints = [
            (
                "error setting certificate",
                "AWS_CA_BUNDLE or SSL_CERT_FILE has to name a readable file of PEM certificates"
            ),
            ("expired", "the server's certificate has to be renewed, or the clock is wrong"),
            ("not yet valid", "the clock is wrong, or the server's certificate is meant for later"),
            ("subject name", "use a name that the server's certificate is for"),
            ("does not match target host", "use a name that the server's certificate is for"),
            (
                "alert",
                "KPIPE_HTTP_CERTIFICATE_FILE and KPIPE_HTTP_KEY_FILE name the certificate that is shown to the server"
            ),
        ]
        return hints.first { words.contains($0.0) }?.1 ?? "name an own authority's certificates in AWS_CA_BUNDLE"
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
