/// Executes requests on one libcurl multi handle, which runs on a thread of its own.
///
/// - Cancellation: cancelling the calling task removes the transfer and closes its connection before `execute` throws
///   `TransportError.Reason.cancelled`.
/// - Redirects are never followed; the caller sees the 3xx and decides, so no credential travels to another host.
/// - Every response body is whole when the call returns without an error: the length is checked.
public final class HTTPClient: Sendable {
    public init(_ configuration: HTTPClientConfiguration = .init()) {}

    /// Streams the response body into `sink`; returns when the last byte was taken.
    @discardableResult
    public func execute(_ request: HTTPRequest, into sink: any HTTPBodySink) async throws(TransportError)
        -> HTTPResponseHead
    {
        throw TransportError(attempted: request.method, reason: .clientClosed)
    }

    /// The whole body in memory, refused beyond `limit` bytes.
    public func execute(_ request: HTTPRequest, upTo limit: Int = 8 << 20) async throws(TransportError)
        -> (head: HTTPResponseHead, body: [UInt8])
    {
        throw TransportError(attempted: request.method, reason: .clientClosed)
    }

    /// Ends running exchanges with `.clientClosed`, closes all connections and joins the thread. Idempotent.
    public func shutdown() async {}
}

/// Wakes a transfer that its sink or source has paused. Callable from any thread, also when the transfer is over.
public struct HTTPTransferHandle: Sendable {
    public func resume() {}
}
