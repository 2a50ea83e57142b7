import Synchronization

/// Names an exchange to the thread that runs it.
final class Ticket: Sendable {
    private static let counter = Atomic<UInt64>(0)

    let id: UInt64
    private let cancelled = Atomic<Bool>(false)
    private let inbox: Inbox

    init(_ inbox: Inbox) {
        self.inbox = inbox
        id = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Also takes effect when it comes before the submission.
    func cancel() {
        cancelled.store(true, ordering: .releasing)
        inbox.post(.cancel(id))
    }
}
