internal import HTTPTransport

/// Takes one stretch of an object and writes it to its place in a file, in pieces of `bufferSize` so that libcurl's
/// 16 KiB cost no system call each. After a failure the same sink goes on where it stopped.
///
/// Sendable: the transport calls it from one thread at a time, and its owner only before and after a request.
final class RangeSink: ObjectSink, PayloadCounter, @unchecked Sendable {
    /// Larger ones save no time, cost memory for each request at once, and made the kernel take ever new large folios
    /// for the page cache (measured: 1 MiB took twice the system time).
    static let bufferSize = 256 << 10

    /// First byte of the stretch, and the one after its last where that is known.
    let start: Int64
    let end: Int64?
    private let file: TemporaryFile
    private let pageCache: PageCachePolicy
    private let meter: TransferMeter
    /// Held from a request's first byte until the stretch is whole, not while its turn has yet to come.
    private var buffer: UnsafeMutableRawBufferPointer?
    private var filled = 0
    /// Where the buffer's first byte belongs.
    private var flushed: Int64
    private let wanted: ChecksumWanted
    private(set) var checksum: ChecksumAccumulator?
    private(set) var failure: TransferError?
    private(set) var answered: ContinuousClock.Instant?

    init(
        file: TemporaryFile, start: Int64 = 0, end: Int64?, pageCache: PageCachePolicy, meter: TransferMeter,
        checksum wanted: ChecksumWanted
    ) {
        self.file = file
        self.start = start
        self.end = end
        self.pageCache = pageCache
        self.meter = meter
        self.wanted = wanted
        flushed = start
    }

    deinit { buffer?.deallocate() }

    /// Bytes of memory that a sink for this stretch holds.
    static func buffered(start: Int64, end: Int64?) -> Int {
        end.map { max(1, Int(min(Int64(bufferSize), $0 - start))) } ?? bufferSize
    }

    /// The next byte wanted.
    var position: Int64 { flushed + Int64(filled) }
    var movedBytes: Int64 { position }

    func begin(_ info: ObjectInfo, reading: ReadingHandle) -> SinkStep {
        answered = .now
        if position == start, checksum == nil { checksum = wanted.accumulator(info) }
        return .proceed
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> SinkStep {
        if let end, position + Int64(bytes.count) > end { return .stop("more bytes than the object has") }
        let buffer = self.buffer ?? .allocate(byteCount: Self.buffered(start: start, end: end), alignment: 16)
        self.buffer = buffer
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, buffer.count - filled)
            UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            filled += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            // A stretch no larger than the buffer waits for `finish`, which is not on the transport's thread.
            if filled == buffer.count, position != end {
                do throws(TransferError) { try flush() } catch {
                    failure = error
                    return .stop(error.message)
                }
            }
        }
        meter.add(moved: bytes.count)
        return .proceed
    }

    /// Writes what is left in the buffer. Throws `.length` if the stretch is not whole.
    func finish(_ object: String) throws(TransferError) {
        if let end, position != end {
            throw TransferError(
                object, .length(expected: end - start, found: position - start),
                "ended after \(position - start) of \(end - start) bytes")
        }
        try flush()
    }

    /// Forgets everything taken, for a store that can only begin at the beginning.
    func restart() {
        flushed = start
        filled = 0
        checksum = nil
    }

    /// The content of an object that fits into the buffer, once it is whole.
    func withWholeContent<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard start == 0, let end, end == position, end <= Int64(Self.bufferSize) else { return nil }
        return body(UnsafeRawBufferPointer(start: buffer?.baseAddress, count: Int(end)))
    }

    /// Gives the stretch's pages back to the kernel. Blocks until they are on disk.
    func dropPages() { file.dropPages(start..<flushed) }

    private func flush() throws(TransferError) {
        guard filled > 0, let buffer else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
        checksum?.update(bytes)
        try file.write(bytes, at: flushed)
        let written = flushed..<flushed + Int64(filled)
        if pageCache != .kernel, filled == Self.bufferSize { file.startWriteback(written) }
        flushed = written.upperBound
        filled = 0
    }
}

/// Which checksum a sink computes of what it takes.
enum ChecksumWanted: Sendable {
    case nothing
    case known(ChecksumAlgorithm)
    /// The one that the store tells with the object.
    case theStores

    func accumulator(_ info: ObjectInfo) -> ChecksumAccumulator? {
        switch self {
        case .nothing: nil
        case .known(let algorithm): ChecksumAccumulator(algorithm)
        case .theStores: (info.checksum?.algorithm).map { ChecksumAccumulator($0) }
        }
    }
}
