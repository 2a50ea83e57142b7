internal import HTTPTransport

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
