import CCurl
import Glibc
import Synchronization

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
