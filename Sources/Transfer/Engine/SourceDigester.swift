internal import CLinux
internal import Glibc

/// Reads a file once, in order, before its stretches are sent: SHA-256 of the whole for the manifest, and of each
/// stretch the checksum that the store compares.
struct SourceDigester: Sendable {
    private var sha256: MessageDigest?
    private let algorithm: ChecksumAlgorithm?

    init(sha256: Bool, algorithm: ChecksumAlgorithm?) {
        self.sha256 = sha256 ? MessageDigest(.sha256) : nil
        self.algorithm = algorithm
    }

    var digest: Checksum? { sha256?.checksum }

    mutating func pass(_ bytes: UnsafeRawBufferPointer, _ meter: TransferMeter) -> Checksum? {
        if sha256 != nil { DigestTimer.timed(meter) { sha256?.update(bytes) } }
        guard let algorithm else { return nil }
        var accumulator = ChecksumAccumulator(algorithm)
        accumulator.update(bytes)
        return accumulator.checksum
    }

    /// Blocks while it reads. Throws `.cancelled` once `isCancelled` says so.
    mutating func pass(
        _ file: SourceFile, _ range: Range<Int64>, _ meter: TransferMeter, _ isCancelled: () -> Bool
    ) throws(TransferError) -> Checksum? {
        var accumulator = algorithm.map { ChecksumAccumulator($0) }
        var digest = sha256
        sha256 = nil
        try file.forEachPiece(of: range) { (bytes) throws(TransferError) in
            if isCancelled() { throw .cancelled(file.display) }
            accumulator?.update(bytes)
            if digest != nil { DigestTimer.timed(meter) { digest?.update(bytes) } }
        }
        sha256 = digest
        return accumulator?.checksum
    }

    /// The same on a thread that may block.
    mutating func passInPool(_ file: SourceFile, _ range: Range<Int64>, _ meter: TransferMeter)
        async throws(TransferError) -> Checksum?
    {
        guard sha256 != nil || algorithm != nil else { return nil }
        let before = self
        let (after, checksum) = try await BlockingPool.shared.run { (isCancelled) throws(TransferError) in
            var digester = before
            let checksum = try digester.pass(file, range, meter, isCancelled)
            return (digester, checksum)
        }
        self = after
        return checksum
    }
}

/// SHA-256 with its processor time told apart, because it is the user's choice and costs more than the transfer.
enum DigestTimer {
    static func sha256(_ bytes: UnsafeRawBufferPointer, _ meter: TransferMeter) -> [UInt8] {
        timed(meter) {
            var digest = MessageDigest(.sha256)
            digest.update(bytes)
            return digest.bytes
        }
    }

    /// Of the first `size` bytes of a file, read from the page cache. Blocks; throws `.cancelled` once told to.
    static func sha256(
        of file: TemporaryFile, size: Int64, _ meter: TransferMeter, _ isCancelled: () -> Bool
    ) throws(TransferError) -> [UInt8] {
        try timed(meter) { () throws(TransferError) in
            var digest = MessageDigest(.sha256)
            try file.forEachPiece(upTo: size) { (bytes) throws(TransferError) in
                if isCancelled() { throw .cancelled(file.display) }
                digest.update(bytes)
            }
            return digest.bytes
        }
    }

    static func timed<Result, Failure: Error>(_ meter: TransferMeter, _ body: () throws(Failure) -> Result)
        throws(Failure) -> Result
    {
        let started = threadTime()
        defer { meter.update { $0.digestTime += threadTime() - started } }
        return try body()
    }

    /// Processor time of the calling thread.
    private static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
