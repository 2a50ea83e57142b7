internal import NIOCore
internal import Synchronization

/// A connection that is being made, so that it can be given up at any moment.
final class DialedConnection: Sendable {
    private struct State {
        var channel: (any Channel)?
        var isClosed = false
    }

    private let state = Mutex(State())

    /// - Returns: whether it is still wanted.
    func hold(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.channel = channel
            return !state.isClosed
        }
    }

    func close() {
        let channel = state.withLock { state in
            state.isClosed = true
            return state.channel
        }
        channel?.close(promise: nil)
    }
}
