import HTTPTransport
import Synchronization

/// A sink that counts, and pauses or stops where a test says so.
final class ProbeSink: HTTPBodySink {
    struct State {
        var head: HTTPResponseHead?
        var transfer: HTTPTransferHandle?
        var bytes: [UInt8] = []
        var writes = 0
        var holds = false
    }

    let state = Mutex(State())
    private let decide: @Sendable (_ bytesBefore: Int) -> HTTPSinkStep

    /// `decide` is asked for each write that no pause is in force for.
    init(_ decide: @escaping @Sendable (_ bytesBefore: Int) -> HTTPSinkStep = { _ in .proceed }) {
        self.decide = decide
    }

    /// Takes more than `count` bytes, then holds until it is told to go on.
    static func pausing(after count: Int) -> ProbeSink {
        let hasPaused = Mutex(false)
        return ProbeSink { taken in
            guard taken > count, hasPaused.withLock({ !$0 }) else { return .proceed }
            hasPaused.withLock { $0 = true }
            return .pause
        }
    }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep {
        state.withLock {
            $0.head = head
            $0.transfer = transfer
        }
        return .proceed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep {
        state.withLock { state in
            state.writes += 1
            if state.holds { return .pause }
            let step = decide(state.bytes.count)
            if step == .proceed { state.bytes.append(contentsOf: bytes) }
            if step == .pause { state.holds = true }
            return step
        }
    }

    /// Takes the pause back.
    func resume() {
        state.withLock { state in
            state.holds = false
            return state.transfer
        }?.resume()
    }
}

/// A source that gives what a test has put in.
final class ProbeSource: HTTPBodySource {
    struct State {
        var bytes: [UInt8]
        var position = 0
        var ends: Bool
        var rewinds = 0
        var transfer: HTTPTransferHandle?
        var isWaiting = false
        var failure: String?
    }

    let length: Int64?
    let canRewind: Bool
    let state: Mutex<State>

    init(_ bytes: [UInt8], length: Int64?, ends: Bool = true, canRewind: Bool = true) {
        self.length = length
        self.canRewind = canRewind
        state = Mutex(State(bytes: bytes, ends: ends))
    }

    func attach(_ transfer: HTTPTransferHandle) { state.withLock { $0.transfer = transfer } }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep {
        state.withLock { state in
            if let failure = state.failure { return .fail(failure) }
            let count = min(buffer.count, state.bytes.count - state.position)
            guard count > 0 else {
                state.isWaiting = !state.ends
                return state.ends ? .end : .pause
            }
            buffer.copyBytes(from: state.bytes[state.position..<state.position + count])
            state.position += count
            return .filled(count)
        }
    }

    func rewind() -> Bool {
        state.withLock {
            $0.position = 0
            $0.rewinds += 1
        }
        return canRewind
    }

    var isWaiting: Bool { state.withLock { $0.isWaiting } }

    func give(_ more: [UInt8], ends: Bool) {
        state.withLock { state in
            state.bytes += more
            state.ends = ends
            state.isWaiting = false
            return state.transfer
        }?.resume()
    }
}
