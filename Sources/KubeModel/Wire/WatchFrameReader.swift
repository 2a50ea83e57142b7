public import Basics

/// Cuts the body of a watch into its events: each behind its length in four bytes (protobuf), or on a line (JSON).
///
///     reader.append(chunk)
///     while let frame = try reader.next() { … }
public struct WatchFrameReader: Sendable {
    public let encoding: ObjectEncoding
    private var queue = ByteQueue()
    /// How far into the unread bytes no line ends.
    private var searched = 0

    public init(_ encoding: ObjectEncoding) { self.encoding = encoding }

    public mutating func append(_ piece: [UInt8]) { queue.append(piece) }

    /// Whether an event has begun to arrive and not ended: at the end of a body, that it broke off.
    public var hasPartialFrame: Bool { !queue.isEmpty }

    /// The next whole event, `nil` where more bytes are needed.
    public mutating func next() throws(WireError) -> WatchFrame? {
        let range: Range<Int>?
        switch encoding {
        case .protobuf: range = try nextMessage()
        case .json: range = nextLine()
        }
        guard let range else {
            guard queue.unread.count <= ObjectListReader.largestObject else {
                throw WireError("more than \(ObjectListReader.largestObject) bytes in one event", at: queue.start)
            }
            return nil
        }
        return try WatchFrame(encoding, in: queue.bytes.span, range)
    }

    /// The object of a `change`, without its envelope. Holds until the next `append`.
    public func withObject<Result>(
        _ object: Range<Int>, _ body: (Span<UInt8>) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        try body(queue.bytes.span.extracting(object))
    }

    private mutating func nextMessage() throws(WireError) -> Range<Int>? {
        guard queue.unread.count >= 4 else { return nil }
        let length = queue.bytes[queue.start..<queue.start + 4].reduce(0) { $0 << 8 | Int($1) }
        guard length <= ObjectListReader.largestObject else {
            throw WireError("an event of \(length) bytes", at: queue.start)
        }
        guard queue.unread.count >= 4 + length else { return nil }
        let first = queue.start + 4
        queue.start = first + length
        return first..<queue.start
    }

    private mutating func nextLine() -> Range<Int>? {
        while let end = queue.bytes[(queue.start + searched)...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = queue.start..<end
            queue.start = end + 1
            searched = 0
            if !line.isEmpty { return line }
        }
        searched = queue.unread.count
        return nil
    }
}
