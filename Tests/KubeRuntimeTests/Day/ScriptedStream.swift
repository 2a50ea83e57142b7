import HTTPTransport
import KubeClient
import Synchronization

@testable import KubeRuntime

/// The body of an answer that a script writes.
final class ScriptedStream: Sendable {
    private struct State {
        var chunks: [[UInt8]] = []
        var end: Result<Void, KubeError>?
        var waiter: CheckedContinuation<Void, Never>?
        /// The connection is dead, and nobody says so.
        var isDead = false
        var isAbandoned = false
    }

    private let state = Mutex(State())

    /// The reader waits for more, having read everything.
    var isIdle: Bool { state.withLock { $0.waiter != nil && $0.chunks.isEmpty && !$0.isDead } }
    var isOpen: Bool { state.withLock { $0.end == nil && !$0.isAbandoned } }

    func write(_ bytes: [UInt8]) {
        wake { state in if !state.isDead { state.chunks.append(bytes) } }
    }

    func write(_ text: String) { write(Array(text.utf8)) }
    func end() { wake { if !$0.isDead, $0.end == nil { $0.end = .success(()) } } }

    func fail(_ reason: TransportError.Reason) {
        let error = TransportError(attempted: "GET /", reason: reason)
        wake {
            if !$0.isDead, $0.end == nil { $0.end = .failure(KubeError(attempted: "GET /", reason: .transport(error))) }
        }
    }

    func die() { state.withLock { $0.isDead = true } }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            guard !state.chunks.isEmpty || state.end != nil else { return nil as CheckedContinuation<Void, Never>? }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func stream() -> APIStream {
        APIStream(headers: ["Content-Type": "application/json"]) { () async throws(KubeError) in try await self.next() }
    }

    private func next() async throws(KubeError) -> [UInt8]? {
        while true {
            let (chunk, end) = state.withLock { state -> ([UInt8]?, Result<Void, KubeError>?) in
                state.chunks.isEmpty ? (nil, state.end) : (state.chunks.removeFirst(), nil)
            }
            if let chunk { return chunk }
            if let end {
                try end.get()
                return nil
            }
            await wait()
            if Task.isCancelled {
                state.withLock { $0.isAbandoned = true }
                throw KubeError(attempted: "GET /", reason: .cancelled)
            }
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.chunks.isEmpty || state.end != nil || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
