internal import HTTPTransport
internal import Synchronization

/// Cuts a body into pieces of equal size for one reader, who may be slower than the network: beside the piece he works on
/// two are held at most, and the server waits meanwhile.
///
/// After a failure the same sink goes on behind what it has taken. Where the store cannot begin there, it begins at the
/// start: what is repeated is compared with what was taken, and dropped.
final class PieceSink: ObjectSink, PayloadCounter {
    private struct State {
        var filling: [UInt8] = []
        var ready: [UInt8]?
        var end: Result<Void, TransferError>?
        var reader: CheckedContinuation<Void, Never>?
        var reading: ReadingHandle?
        var isPaused = false
        var taken = CRC()
        var repeated: CRC?
        var checksum: ChecksumAccumulator?
        var differs = false
    }

    /// Pieces in memory at once, the reader's own included.
    static let held = 3

    private let piece: Int
    private let meter: TransferMeter
    private let wanted: ChecksumWanted
    private let state = Mutex(State())

    init(piece: Int, meter: TransferMeter, checksum wanted: ChecksumWanted) {
        self.piece = piece
        self.meter = meter
        self.wanted = wanted
    }

    /// The next byte wanted.
    var position: Int64 { state.withLock { Int64($0.taken.length) } }
    var movedBytes: Int64 { position }
    var answered: ContinuousClock.Instant? { nil }
    var checksum: Checksum? { state.withLock { $0.checksum?.checksum } }
    /// A repetition was of other bytes.
    var differs: Bool { state.withLock { $0.differs } }

    /// The next request begins at the object's first byte again.
    func expectRepetition() { state.withLock { $0.repeated = $0.taken.length > 0 ? CRC() : nil } }

    func begin(_ info: ObjectInfo, reading: ReadingHandle) -> SinkStep {
        state.withLock { state in
            state.reading = reading
            if state.taken.length == 0, state.checksum == nil { state.checksum = wanted.accumulator(info) }
        }
        return .proceed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> SinkStep {
        let (step, reader) = state.withLock { state in
            let step = take(bytes, &state)
            guard state.ready != nil else { return (step, CheckedContinuation<Void, Never>?.none) }
            defer { state.reader = nil }
            return (step, state.reader)
        }
        reader?.resume()
        return step
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ state: inout State) -> SinkStep {
        guard state.ready == nil || state.filling.count + bytes.count < piece else {
            state.isPaused = true
            return .pause
        }
        guard let new = skipRepeated(bytes, &state) else {
            state.differs = true
            return .stop("other bytes than before")
        }
        state.taken.update(new)
        state.checksum?.update(new)
        meter.add(moved: new.count)
        var rest = new
        while !rest.isEmpty {
            if state.filling.isEmpty { state.filling.reserveCapacity(piece) }
            // More than a piece only while the last one waits for its reader.
            let count = state.ready == nil ? min(rest.count, piece - state.filling.count) : rest.count
            state.filling.append(contentsOf: rest[..<count])
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if state.ready == nil { state.ready = Self.cut(&state.filling, piece) }
        }
        return .proceed
    }

    /// What of `bytes` was not there before; `nil` where the repetition is of another object.
    private func skipRepeated(_ bytes: UnsafeRawBufferPointer, _ state: inout State) -> UnsafeRawBufferPointer? {
        guard var repeated = state.repeated else { return bytes }
        let count = Int(min(UInt64(bytes.count), state.taken.length - repeated.length))
        repeated.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        let isOver = repeated.length == state.taken.length
        guard !isOver || repeated == state.taken else { return nil }
        state.repeated = isOver ? nil : repeated
        return UnsafeRawBufferPointer(rebasing: bytes[count...])
    }

    /// No more requests follow.
    func end(_ result: Result<Void, TransferError>) {
        state.withLock { state in
            state.end = result
            defer { state.reader = nil }
            return state.reader
        }?.resume()
    }

    /// Waits for a whole piece, or the last; `nil` at the end. For one reader, who stops waiting when `end` is called.
    func next() async throws(TransferError) -> [UInt8]? {
        while true {
            let (found, wake) = state.withLock { Self.next(&$0, piece) }
            wake?.resume()
            if let found { return try found.get() }
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    guard state.ready == nil, state.end == nil else { return true }
                    state.reader = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }

    private static func next(_ state: inout State, _ piece: Int)
        -> (found: Result<[UInt8]?, TransferError>?, wake: ReadingHandle?)
    {
        if let ready = state.ready {
            state.ready = cut(&state.filling, piece)
            defer { state.isPaused = false }
            return (.success(ready), state.isPaused ? state.reading : nil)
        }
        guard let end = state.end else { return (nil, nil) }
        defer { state.filling = [] }
        return (end.map { state.filling.isEmpty ? nil : state.filling }, nil)
    }

    /// The first `piece` bytes, where there are so many.
    private static func cut(_ bytes: inout [UInt8], _ piece: Int) -> [UInt8]? {
        guard bytes.count >= piece else { return nil }
        let rest = bytes.count == piece ? [] : Array(bytes[piece...])
        bytes.removeSubrange(piece...)
        defer { bytes = rest }
        return bytes
    }
}
