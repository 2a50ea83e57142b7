internal import HTTPTransport

/// Lets a task wait until a paused sink or source wants to go on.
struct Wakeup: Sendable {
    private let stream: AsyncStream<Void>
    let handle: HTTPTransferHandle

    init() {
        // One wake-up kept is enough: more say the same.
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        handle = HTTPTransferHandle { continuation.yield() }
    }

    /// Returns at once where the wake-up came first. Throws `.cancelled`.
    func wait(_ path: String) async throws(TransferError) {
        for await _ in stream { return }
        throw TransferError(object: path, reason: .cancelled, message: "cancelled")
    }

    static func checkCancellation(_ path: String) throws(TransferError) {
        if Task.isCancelled { throw TransferError(object: path, reason: .cancelled, message: "cancelled") }
    }
}
