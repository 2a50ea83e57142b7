import Basics
import Synchronization

/// Executes requests on one libcurl multi handle, which runs on a thread of its own.
///
/// - Cancellation: cancelling the calling task removes the transfer and closes its connection (but see
///   `HTTPVersionPolicy.negotiate`) before `execute` throws `TransportError.Reason.cancelled`. Sink and source are
///   never called after `execute` has returned or thrown.
/// - Redirects are never followed; the caller sees the 3xx and decides, so no credential travels to another host.
/// - Every response body is whole when the call returns without an error: the length is checked.
/// - The thread starts with the first request.
package final class HTTPClient: Sendable {
    private let configuration: HTTPClientConfiguration
    private let proxies: ProxySettings
    private let inbox = Inbox()
    private let isStarted = Mutex(false)

    /// Reads the proxy variables of the environment, where the policy says so, now and not later.
    package init(_ configuration: HTTPClientConfiguration = .init()) {
        self.configuration = configuration
        proxies = ProxySettings(configuration.proxy, environment: ProcessEnvironment.current)
    }

    /// Ends as `shutdown` does, without waiting for it.
    deinit { stop {} }

    /// Streams the response body into `sink`; returns when the last byte was taken.
    @discardableResult
    package func execute(_ request: HTTPRequest, into sink: any HTTPBodySink) async throws(TransportError)
        -> HTTPResponseHead
    {
        let head = try await execute(request, asksFirst: true, into: sink)
        // A server that knows no `Expect`. On the same connection libcurl asks again by itself; this one was closed.
        guard head.status == 417 else { return head }
        switch request.body {
        case .none: return head
        case .bytes: break
        case .source(let source): guard source.rewind() else { return head }
        }
        return try await execute(request, asksFirst: false, into: sink)
    }

    private func execute(_ request: HTTPRequest, asksFirst: Bool, into sink: any HTTPBodySink)
        async throws(TransportError) -> HTTPResponseHead
    {
        let plan = try RequestPlan(request, tls: configuration.tls, proxies: proxies, asksFirst: asksFirst)
        let ticket = Ticket(inbox)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                start(
                    Submission(id: ticket.id, plan: plan, request: request, sink: sink, ticket: ticket) {
                        ticket.end()
                        continuation.resume(returning: $0)
                    })
            }
        } onCancel: {
            ticket.cancel()
        }
        ticket.seeEnd()
        return try result.get()
    }

    /// The whole body in memory, refused beyond `limit` bytes.
    @discardableResult
    package func execute(_ request: HTTPRequest, upTo limit: Int = 8 << 20) async throws(TransportError)
        -> (head: HTTPResponseHead, body: [UInt8])
    {
        let sink = CollectingSink(limit: limit)
        do {
            let head = try await execute(request, into: sink)
            return (head, sink.bytes)
        } catch {
            guard sink.isTooLarge else { throw error }
            throw TransportError(attempted: error.attempted, reason: .tooLarge(limit: limit))
        }
    }

    /// Returns with the head; the body follows as it is read, at most `buffer` bytes ahead of the reader.
    package func stream(_ request: HTTPRequest, buffer: Int = 256 << 10) async throws(TransportError)
        -> (head: HTTPResponseHead, body: HTTPBodyStream)
    {
        let plan = try RequestPlan(request, tls: configuration.tls, proxies: proxies)
        let sink = StreamBuffer(limit: buffer)
        let ticket = Ticket(inbox)
        let lifetime = StreamLifetime(ticket, client: self)
        let head = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                sink.awaitHead(continuation)
                start(
                    Submission(id: ticket.id, plan: plan, request: request, sink: sink, ticket: ticket) {
                        sink.end($0)
                    })
            }
        } onCancel: {
            ticket.cancel()
        }
        return (try head.get(), HTTPBodyStream(buffer: sink, lifetime: lifetime))
    }

    /// Ends running exchanges with `.clientClosed`, closes all connections and the thread. Idempotent.
    package func shutdown() async {
        await withCheckedContinuation { continuation in stop { continuation.resume() } }
    }

    private func start(_ submission: Submission) {
        let isRunning = isStarted.withLock { isStarted in
            if !isStarted { isStarted = LoopThread.start(configuration, inbox) }
            return isStarted
        }
        guard isRunning else { return submission.fail(.other("no thread to be had"), nothingSent: true) }
        if !inbox.post(.submit(submission)) { submission.fail(.clientClosed, nothingSent: true) }
    }

    private func stop(_ done: @escaping @Sendable () -> Void) {
        // A thread that starts now finds this message; one that never starts needs the descriptor closed.
        let isRunning = isStarted.withLock { isStarted in
            defer { isStarted = true }
            return isStarted
        }
        if isRunning {
            if !inbox.post(.shutdown(done)) { done() }
        } else {
            for case .submit(let submission) in inbox.close() { submission.fail(.clientClosed, nothingSent: true) }
            done()
        }
    }
}
