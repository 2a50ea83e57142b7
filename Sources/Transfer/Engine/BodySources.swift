internal import HTTPTransport

/// Gives a stretch of a file as a request's body, read straight into libcurl's buffer.
///
/// Sendable: the transport calls it from one thread at a time, and its owner only before and after a request.
final class FileSource: ObjectContent, PayloadCounter, @unchecked Sendable {
    private let file: SourceFile
    private let range: Range<Int64>
    private let meter: TransferMeter
    private var position: Int64
    /// Bytes given, repeated ones counted again.
    private(set) var movedBytes: Int64 = 0
    var answered: ContinuousClock.Instant? { nil }
    private(set) var failure: TransferError?

    init(_ file: SourceFile, _ range: Range<Int64>, meter: TransferMeter) {
        self.file = file
        self.range = range
        self.meter = meter
        position = range.lowerBound
    }

    var length: Int64? { range.upperBound - range.lowerBound }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ContentStep {
        guard position < range.upperBound else { return .end }
        let wanted = Int(min(Int64(buffer.count), range.upperBound - position))
        do throws(TransferError) {
            let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position)
            guard count == wanted else { throw file.changed }
            position += Int64(count)
            movedBytes += Int64(count)
            meter.add(moved: count)
            return .filled(count)
        } catch {
            failure = error
            return .fail(error.message)
        }
    }

    func rewind() -> Bool {
        position = range.lowerBound
        return true
    }
}

/// Gives bytes in memory as a request's body.
///
/// Sendable: as `FileSource`.
final class BytesSource: ObjectContent, @unchecked Sendable {
    private let bytes: [UInt8]
    private let meter: TransferMeter?
    private var position = 0

    init(_ bytes: [UInt8], meter: TransferMeter? = nil) {
        self.bytes = bytes
        self.meter = meter
    }

    var length: Int64? { Int64(bytes.count) }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ContentStep {
        guard position < bytes.count else { return .end }
        let count = min(buffer.count, bytes.count - position)
        bytes.withUnsafeBytes {
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
        }
        position += count
        meter?.add(moved: count)
        return .filled(count)
    }

    func rewind() -> Bool {
        position = 0
        return true
    }
}

/// Takes a stretch of known length into memory.
///
/// Sendable: the transport calls it from one thread at a time, and its owner only before and after a request.
final class MemorySink: ObjectSink, PayloadCounter, @unchecked Sendable {
    private(set) var bytes: [UInt8] = []
    var movedBytes: Int64 { Int64(bytes.count) }
    private(set) var answered: ContinuousClock.Instant?
    private let limit: Int
    private let meter: TransferMeter

    init(limit: Int, meter: TransferMeter) {
        self.limit = limit
        self.meter = meter
    }

    func begin(_ info: ObjectInfo, reading: ReadingHandle) -> SinkStep {
        bytes.removeAll(keepingCapacity: true)
        answered = .now
        return .proceed
    }

    func write(_ piece: UnsafeRawBufferPointer) -> SinkStep {
        guard bytes.count + piece.count <= limit else { return .stop("more bytes than the object has") }
        bytes.append(contentsOf: piece)
        meter.add(moved: piece.count)
        return .proceed
    }
}
