/// Wakes a transfer that its sink or source has paused. Callable from any thread, also when the transfer is over.
public struct HTTPTransferHandle: Sendable {
    private let wake: @Sendable () -> Void

    /// For what feeds a sink without being a client's exchange, such as a reader of files.
    public init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }

    init(id: UInt64, inbox: Inbox) {
        self.init { inbox.post(.resume(id)) }
    }

    public func resume() { wake() }
}
