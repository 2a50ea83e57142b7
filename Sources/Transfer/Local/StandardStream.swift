import Glibc

/// A descriptor that may be a pipe and keep its reader or writer waiting for as long as somebody else likes. A cancelled
/// task does not wait for it.
struct StandardStream: Sendable {
    let descriptor: Int32

    /// Fewer than `count` bytes: nothing follows.
    func read(upTo count: Int) async throws(TransferError) -> [UInt8] {
        try await BlockingPool.shared.runUnlessCancelled("-") { [descriptor] () throws(TransferError) in
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled)
                    if got < 0, errno == EINTR { continue }
                    if got < 0 { failure = errno }
                    if got <= 0 { break }
                    filled += got
                }
            }
            guard failure == 0 else { throw .system("read standard input", "-", failure) }
            return bytes
        }
    }

    func write(_ bytes: [UInt8]) async throws(TransferError) {
        try await BlockingPool.shared.runUnlessCancelled("-") { [descriptor] () throws(TransferError) in
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .system("write to standard output", "-") }
                written += count
            }
        }
    }
}
