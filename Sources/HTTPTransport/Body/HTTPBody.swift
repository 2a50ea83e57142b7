internal import Synchronization

/// Takes a response as it arrives, without a copy. Called on the transport's thread only, one call at a time, so it
/// must be quick (a `pwrite` into the page cache is; an `fsync` is not).
package protocol HTTPBodySink: AnyObject, Sendable {
    /// Status and headers are there. `.stop` ends the exchange (the connection is closed).
    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep
    /// `.pause` says that none of `bytes` was taken; they are given again after `HTTPTransferHandle.resume()`.
    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep
}

package enum HTTPSinkStep: Sendable, Equatable {
    case proceed
    case pause
    /// Ends the exchange with `TransportError.Reason.bodySink`.
    case stop(String)
}

/// Gives a request body piece by piece. Called on the transport's thread only, one call at a time: must not block.
public protocol HTTPBodySource: AnyObject, Sendable {
    /// Known length in bytes, or `nil` to send in chunks.
    var length: Int64? { get }
    /// Given before the first `read`, for a source that may answer `.pause`.
    func attach(_ transfer: HTTPTransferHandle)
    /// Fills `buffer` from its start.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep
    /// Back to the first byte. `false` where that cannot be done: the request then fails instead of sending half.
    func rewind() -> Bool
}

extension HTTPBodySource {
    public func attach(_ transfer: HTTPTransferHandle) {}
}

public enum HTTPSourceStep: Sendable, Equatable {
    case filled(Int)
    case end
    /// Nothing to give now. The source calls `HTTPTransferHandle.resume()` when it has more.
    case pause
    /// Ends the exchange with `TransportError.Reason.bodySource`.
    case fail(String)
}

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

/// Reads a body that is in memory.
struct BytesReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep {
        let count = min(buffer.count, bytes.count - position)
        guard count > 0 else { return .end }
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return .filled(count)
    }

    mutating func rewind() -> Bool {
        position = 0
        return true
    }
}
