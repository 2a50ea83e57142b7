/// Watches that an archive does not unfold without end. Pure.
struct ArchiveBudget: Sendable, Equatable {
    private let limits: ArchiveLimits
    private let object: String
    /// Bytes of the archive itself.
    private let size: Int64
    private var entries = 0
    private var bytes: Int64 = 0

    init(_ limits: ArchiveLimits, size: Int64, object: String) {
        self.limits = limits
        self.size = size
        self.object = object
    }

    mutating func addEntry() throws(TransferError) {
        entries += 1
        if entries > limits.entries { throw bomb("it has more than \(limits.entries) entries") }
    }

    /// `count` more bytes of content, holes of sparse files included.
    mutating func add(_ count: Int64) throws(TransferError) {
        bytes += count
        if bytes > limits.bytes { throw bomb("its content has more than \(limits.bytes) bytes") }
        if bytes > limits.ratioFloor, bytes / limits.ratio > max(size, 1) {
            throw bomb("its content is more than \(limits.ratio) times its size")
        }
    }

    private func bomb(_ why: String) -> TransferError {
        TransferError(
            object: object, reason: .archive, message: "the archive looks like a bomb: \(why)",
            hint: "fetch it without unpacking if it is meant to be so large")
    }
}
