import HTTPTransport
import Synchronization

@testable import Transfer

/// Gives bytes from memory.
final class BytesSource: ObjectContent {
    private let bytes: [UInt8]
    private let offset = Mutex(0)
    let length: Int64?

    init(_ bytes: [UInt8], tellsLength: Bool = true) {
        self.bytes = bytes
        length = tellsLength ? Int64(bytes.count) : nil
    }

    convenience init(_ text: String) { self.init(Array(text.utf8)) }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ContentStep {
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
final class BytesSink: ObjectSink {
    private struct State {
        var bytes: [UInt8] = []
        var begun: [ObjectInfo] = []
        var reading: ReadingHandle?
        var paused = false
    }

    private let state = Mutex(State())
    private let pauses: Bool

    init(pauses: Bool = false) { self.pauses = pauses }

    var bytes: [UInt8] { state.withLock { $0.bytes } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var begun: [ObjectInfo] { state.withLock { $0.begun } }

    func begin(_ info: ObjectInfo, reading: ReadingHandle) -> SinkStep {
        state.withLock {
            $0.begun.append(info)
            $0.reading = reading
        }
        return .proceed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> SinkStep {
        state.withLock { state in
            if pauses, !state.paused {
                state.paused = true
                state.reading?.resume()
                return .pause
            }
            state.paused = false
            state.bytes += bytes
            return .proceed
        }
    }
}

/// Counts calls from whatever thread.
final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }

    /// From 1.
    func next() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}
