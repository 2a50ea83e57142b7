import Synchronization

/// Keeps a response body in memory, up to a limit.
final class CollectingSink: HTTPBodySink {
    private struct State {
        var bytes: [UInt8] = []
        var isTooLarge = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var isTooLarge: Bool { state.withLock { $0.isTooLarge } }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep {
        if let announced = head.headers["Content-Length"].flatMap({ Int($0) }), announced > 0, announced <= limit {
            // No more than a quarter MiB on the peer's word alone.
            state.withLock { $0.bytes.reserveCapacity(min(announced, 256 << 10)) }
        }
        return .proceed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep {
        state.withLock { state in
            guard state.bytes.count + bytes.count <= limit else {
                state.isTooLarge = true
                return .stop("the body is larger than \(limit) bytes")
            }
            state.bytes.append(contentsOf: bytes)
            return .proceed
        }
    }
}
