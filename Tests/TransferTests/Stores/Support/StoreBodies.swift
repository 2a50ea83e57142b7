import HTTPTransport
import Synchronization

/// Gives bytes from memory.
final class BytesSource: HTTPBodySource {
    private let bytes: [UInt8]
    private let offset = Mutex(0)
    let length: Int64?

    init(_ bytes: [UInt8], tellsLength: Bool = true) {
        self.bytes = bytes
        length = tellsLength ? Int64(bytes.count) : nil
    }

    convenience init(_ text: String) { self.init(Array(text.utf8)) }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep {
        offset.withLock { offset in
            let piece = bytes[offset...].prefix(buffer.count)
            guard !piece.isEmpty else { return .end }
            buffer.copyBytes(from: piece)
            offset += piece.count
            return .filled(piece.count)
        }
    }

    func rewind() -> Bool {
        offset.withLock { $0 = 0 }
        return true
    }
}

/// Keeps what it is given; pauses each write once where it is told to.
final class BytesSink: HTTPBodySink {
    private struct State {
        var bytes: [UInt8] = []
        var heads: [HTTPResponseHead] = []
        var transfer: HTTPTransferHandle?
        var paused = false
    }

    private let state = Mutex(State())
    private let pauses: Bool

    init(pauses: Bool = false) { self.pauses = pauses }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var heads: [HTTPResponseHead] { state.withLock { $0.heads } }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep {
        state.withLock {
            $0.heads.append(head)
            $0.transfer = transfer
        }
        return .proceed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep {
        state.withLock { state in
            if pauses, !state.paused {
                state.paused = true
                state.transfer?.resume()
                return .pause
            }
            state.paused = false
            state.bytes += bytes
            return .proceed
        }
    }
}
