internal import CCurl
internal import Glibc
internal import Synchronization

/// What other threads want of the transport's thread. Posting wakes it.
final class Inbox: Sendable {
    enum Message: Sendable {
        case submit(Submission)
        case cancel(UInt64)
        case resume(UInt64)
        /// Called when everything is over.
        case shutdown(@Sendable () -> Void)
    }

    private struct State {
        var messages: [Message] = []
        var isClosed = false
    }

    /// Readable while there are messages. Closed by `close`.
    let descriptor: Int32
    private let state = Mutex(State())

    init() { descriptor = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC)) }

    /// `false` when nobody will read it any more.
    @discardableResult
    func post(_ message: Message) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.messages.append(message)
            // Written under the lock, so that the descriptor cannot be closed, and mean another file, in between.
            if state.messages.count == 1 { eventfd_write(descriptor, 1) }
            return true
        }
    }

    func drain() -> [Message] {
        state.withLock { state in
            guard !state.messages.isEmpty else { return [] }
            var count: eventfd_t = 0
            eventfd_read(descriptor, &count)
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Refuses everything from here on and returns what was left.
    func close() -> [Message] {
        state.withLock { state in
            guard !state.isClosed else { return [] }
            state.isClosed = true
            Glibc.close(descriptor)
            defer { state.messages = [] }
            return state.messages
        }
    }
}

/// One exchange as the caller hands it to the transport's thread.
struct Submission: Sendable {
    let id: UInt64
    let plan: RequestPlan
    let request: HTTPRequest
    let sink: any HTTPBodySink
    let ticket: Ticket
    /// Called exactly once, after the last call to sink and source.
    let complete: @Sendable (Result<HTTPResponseHead, TransportError>) -> Void

    func fail(_ reason: TransportError.Reason, nothingSent: Bool) {
        complete(.failure(TransportError(attempted: plan.attempted, reason: reason, nothingSent: nothingSent)))
    }
}

/// Names an exchange to the thread that runs it.
final class Ticket: Sendable {
    private static let counter = Atomic<UInt64>(0)

    let id: UInt64
    private let cancelled = Atomic<Bool>(false)
    private let ended = Atomic<Bool>(false)
    private let inbox: Inbox

    init(_ inbox: Inbox) {
        self.inbox = inbox
        id = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// What the client's thread did before `end` has happened for whoever calls `seeEnd` after it. A continuation promises
    /// that too, but ThreadSanitizer does not see it where one is resumed before it is awaited (Swift 6.3), and would take
    /// sinks for raced over.
    func end() { ended.store(true, ordering: .releasing) }
    func seeEnd() { _ = ended.load(ordering: .acquiring) }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Also takes effect when it comes before the submission.
    func cancel() {
        cancelled.store(true, ordering: .releasing)
        inbox.post(.cancel(id))
    }
}
