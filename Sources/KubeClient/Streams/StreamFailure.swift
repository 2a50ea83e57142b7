internal import HTTPTransport
internal import KubeModel
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import NIOWebSocket

/// Why a WebSocket came to nothing, beyond what the libraries say.
enum StreamFailure: Error {
    /// The server said no.
    case refused(APIStatus)
    /// The command could not be run, as the node says.
    case notRun(APIStatus)
    /// A credential or a name that cannot stand in a header field.
    case unsendable
    /// The server chose one that was not offered.
    case subprotocol(String)
    /// The connection ended before what it was for.
    case ended(String)
    /// The other end broke the protocol.
    case broken(String)
    /// Longer than the caller wants to keep.
    case tooLarge(limit: Int)

    /// Any error on the way, in the client's terms.
    static func kubeError(_ error: any Error, attempted: String) -> KubeError {
        if let error = error as? KubeError { return error }
        if case StreamFailure.refused(let status) = error {
            return KubeError(attempted: attempted, reason: .status(status))
        }
        if case StreamFailure.notRun(var status) = error {
            // The request itself went well: its code would say of a missing program that it may be there later.
            status.code = 0
            return KubeError(attempted: attempted, reason: .status(status))
        }
        let reason = transportReason(error)
        if case .cancelled = reason { return KubeError(attempted: attempted, reason: .cancelled) }
        if case .malformedResponse(let words) = reason {
            return KubeError(attempted: attempted, reason: .malformed(words))
        }
        return KubeError(attempted: attempted, reason: .transport(TransportError(attempted: attempted, reason: reason)))
    }

    private static func transportReason(_ error: any Error) -> TransportError.Reason {
        switch error {
        case is CancellationError: .cancelled
        case StreamFailure.unsendable: .invalidRequest("a credential or a name holds control characters")
        case StreamFailure.subprotocol(let name):
            .malformedResponse("the server chose the subprotocol \u{201C}\(name)\u{201D}, which was not offered")
        case StreamFailure.ended(let words): .connectionLost(words)
        case StreamFailure.broken(let words): .malformedResponse(words)
        case StreamFailure.tooLarge(let limit): .tooLarge(limit: limit)
        case let error as ProxyRoute.Unsupported: .proxy(error.description)
        case let error as ProxyTunnelHandler.Refused: .proxy("the proxy \(error.description)")
        case let error as ServerNameHandler.WrongName: .tls(error.description)
        // An API server that has passed on all bytes of a pod closes without TLS's farewell.
        case NIOSSLError.uncleanShutdown: .connectionLost("the server closed the connection")
        case let error as NIOSSLError: .tls("\(error)")
        case let error as NIOSSLExtraError: .tls("\(error)")
        case let error as BoringSSLError: .tls("\(error)")
        case is NIOConnectionError: .connect
        case ChannelError.connectTimeout: .timeout("connect")
        case is HTTPParserError, is NIOWebSocketError:
            .malformedResponse("the server breaks the protocol: \(error)")
        default: .connectionLost("\(error)")
        }
    }
}
