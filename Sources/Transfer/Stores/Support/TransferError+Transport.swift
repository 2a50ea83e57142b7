internal import Glibc
internal import HTTPTransport

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
