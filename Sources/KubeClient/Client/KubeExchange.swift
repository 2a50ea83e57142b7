internal import HTTPTransport
internal import KubeModel

/// One try of one request: what is sent, and what its failure means.
struct KubeExchange: Sendable {
    var request: APIRequest
    var http: HTTPRequest
    var client: HTTPClient
    var credential: Credential

    /// The server, or something before it, said no.
    func refusal(_ head: HTTPResponseHead, _ body: [UInt8]) -> KubeError {
        var status = Refusal(head, body).status
        if head.status == 401 { status.message += expiryHint }
        return KubeError(attempted: request.attempted, reason: .status(status))
    }

    func failure(_ error: TransportError) -> KubeError {
        switch error.reason {
        case .cancelled: return KubeError(attempted: request.attempted, reason: .cancelled)
        case .tls(let words):
            var error = error
            error.reason = .tls(words + expiryHint)
            return KubeError(attempted: request.attempted, reason: .transport(error))
        default: return KubeError(attempted: request.attempted, reason: .transport(error))
        }
    }

    /// What the server would not say about a client certificate.
    private var expiryHint: String {
        guard let identity = credential.identity, identity.expiry <= systemTime() else { return "" }
        return " (the client certificate expired on \(PEM.day(identity.expiry)))"
    }
}
