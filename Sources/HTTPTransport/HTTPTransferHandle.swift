/// Wakes a transfer that its sink or source has paused. Callable from any thread, also when the transfer is over.
public struct HTTPTransferHandle: Sendable {
    let id: UInt64
    let inbox: Inbox

    public func resume() { inbox.post(.resume(id)) }
}
