/// Bytes that came in pieces and have not been read to their end.
///
/// Offsets into `bytes` hold until the next `append`.
struct ByteQueue: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where what is unread begins.
    var start = 0

    var unread: Range<Int> { start..<bytes.count }
    var isEmpty: Bool { start == bytes.count }

    mutating func append(_ piece: [UInt8]) {
        if isEmpty {
            // Most pieces are read at once, and are never copied.
            bytes = piece
        } else {
            bytes.removeSubrange(..<start)
            bytes += piece
        }
        start = 0
    }
}
