import CLinux
import Glibc

/// SHA-256 with its processor time told apart, because it is the user's choice and costs more than the transfer.
enum DigestTimer {
    static func sha256(_ bytes: UnsafeRawBufferPointer, _ meter: TransferMeter) -> [UInt8] {
        timed(meter) {
            var digest = MessageDigest(.sha256)
            digest.update(bytes)
            return digest.bytes
        }
    }

    /// Of the first `size` bytes of a file, read from the page cache. Blocks.
    static func sha256(of file: TemporaryFile, size: Int64, _ meter: TransferMeter) throws(TransferError) -> [UInt8] {
        let started = threadTime()
        defer { meter.update { $0.digestTime += threadTime() - started } }
        var digest = MessageDigest(.sha256)
        try file.forEachPiece(upTo: size) { digest.update($0) }
        return digest.bytes
    }

    static func timed<Result>(_ meter: TransferMeter, _ body: () -> Result) -> Result {
        let started = threadTime()
        defer { meter.update { $0.digestTime += threadTime() - started } }
        return body()
    }

    /// Processor time of the calling thread.
    private static func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
