import HTTPTransport

/// Takes a stretch of known length into memory.
///
/// Sendable: the transport calls it from one thread at a time, and its owner only before and after an exchange.
final class MemorySink: HTTPBodySink, PayloadCounter, @unchecked Sendable {
    private(set) var bytes: [UInt8] = []
    var movedBytes: Int64 { Int64(bytes.count) }
    private let limit: Int
    private let meter: TransferMeter

    init(limit: Int, meter: TransferMeter) {
        self.limit = limit
        self.meter = meter
    }

    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep {
        bytes.removeAll(keepingCapacity: true)
        return .proceed
    }

    func write(_ piece: UnsafeRawBufferPointer) -> HTTPSinkStep {
        guard bytes.count + piece.count <= limit else { return .stop("more bytes than the object has") }
        bytes.append(contentsOf: piece)
        meter.add(moved: piece.count)
        return .proceed
    }
}
