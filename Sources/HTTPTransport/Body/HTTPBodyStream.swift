internal import Synchronization

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

/// Ends the transfer when the last one who could read it is gone. Keeps the client alive as long.
final class StreamLifetime: Sendable {
    let ticket: Ticket
    private let client: HTTPClient

    init(_ ticket: Ticket, client: HTTPClient) {
        self.ticket = ticket
        self.client = client
    }

    deinit { ticket.cancel() }
}

/// Between the transport's thread, which fills it, and one reader.
final class StreamBuffer: HTTPBodySink {
    typealias Chunk = Result<[UInt8]?, TransportError>
    typealias Head = Result<HTTPResponseHead, TransportError>

    private struct State {
        var bytes: [UInt8] = []
        var holds = false
        var end: Chunk?
        var head: CheckedContinuation<Head, Never>?
        var reader: CheckedContinuation<Chunk, Never>?
        var transfer: HTTPTransferHandle?
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    /// To be called before the exchange starts.
    func awaitHead(_ continuation: CheckedContinuation<Head, Never>) { state.withLock { $0.head = continuation } }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep {
        state.withLock { state in
            state.transfer = transfer
            defer { state.head = nil }
            return state.head
        }?.resume(returning: .success(head))
        return .proceed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep {
        let (step, reader) = state.withLock { state -> (HTTPSinkStep, CheckedContinuation<Chunk, Never>?) in
            if let reader = state.reader {
                state.reader = nil
                return (.proceed, reader)
            }
            guard state.bytes.isEmpty || state.bytes.count + bytes.count <= limit else {
                state.holds = true
                return (.pause, nil)
            }
            state.bytes.append(contentsOf: bytes)
            return (.proceed, nil)
        }
        reader?.resume(returning: .success(Array(bytes)))
        return step
    }

    /// The exchange is over.
    func end(_ result: Result<HTTPResponseHead, TransportError>) {
        let end: Chunk = result.map { _ in nil }
        let (head, reader) = state.withLock { state in
            state.end = end
            defer {
                state.head = nil
                state.reader = nil
            }
            return (state.head, state.reader)
        }
        head?.resume(returning: result)
        reader?.resume(returning: end)
    }

    func next(_ continuation: CheckedContinuation<Chunk, Never>) {
        let (ready, transfer) = state.withLock { state -> (Chunk?, HTTPTransferHandle?) in
            guard state.bytes.isEmpty else {
                defer {
                    state.bytes = []
                    state.holds = false
                }
                return (.success(state.bytes), state.holds ? state.transfer : nil)
            }
            guard state.reader == nil else {
                return (
                    .failure(TransportError(attempted: "read", reason: .other("a body stream has one reader"))), nil
                )
            }
            if state.end == nil { state.reader = continuation }
            return (state.end, nil)
        }
        transfer?.resume()
        if let ready { continuation.resume(returning: ready) }
    }
}
