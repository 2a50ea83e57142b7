import Dispatch
import Glibc

/// Calls back whenever a descriptor has become readable, by epoll: nothing wakes up before. Owns the descriptor.
final class ReadSource: @unchecked Sendable {
    // Sendable: a dispatch source may be cancelled from any thread, and nothing else is done with it after `init`.
    private let source: any DispatchSourceRead

    /// `handler` runs on `queue`.
    init(_ descriptor: Int32, on queue: DispatchQueue, handler: @escaping @Sendable () -> Void) {
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setCancelHandler { close(descriptor) }
        source.setEventHandler(handler: handler)
        source.activate()
    }

    deinit { cancel() }

    /// Ends the calls, and closes the descriptor after the last. Idempotent.
    func cancel() { source.cancel() }
}
