/// A response body as an asynchronous sequence of chunks, for one reader.
///
/// The buffer is bounded: a reader that is slow holds the server back. A reader that drops the stream, or whose task is
/// cancelled, ends the transfer and closes its connection. A failure in mid-body is thrown after the bytes before it.
public struct HTTPBodyStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = TransportError

    let buffer: StreamBuffer
    let lifetime: StreamLifetime

    public func makeAsyncIterator() -> Iterator { Iterator(buffer: buffer, lifetime: lifetime) }

    public struct Iterator: AsyncIteratorProtocol {
        let buffer: StreamBuffer
        let lifetime: StreamLifetime

        public mutating func next() async throws(TransportError) -> [UInt8]? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(TransportError) -> [UInt8]? {
            let buffer = buffer
            let lifetime = lifetime
            return try await withTaskCancellationHandler {
                await withCheckedContinuation(isolation: actor) { buffer.next($0) }
            } onCancel: {
                lifetime.ticket.cancel()
            }.get()
        }
    }
}
