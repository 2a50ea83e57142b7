package import Basics

/// Cuts the body of a watch into its events: each behind its length in four bytes (protobuf), or on a line (JSON).
///
///     reader.append(chunk)
///     while let frame = try reader.next() { … }
package struct WatchFrameReader: Sendable {
    package let encoding: ObjectEncoding
    private var queue = ByteQueue()
    /// How far into the unread bytes no line ends.
    private var searched = 0

    package init(_ encoding: ObjectEncoding) { self.encoding = encoding }

    package mutating func append(_ piece: [UInt8]) { queue.append(piece) }

    /// Whether an event has begun to arrive and not ended: at the end of a body, that it broke off.
    package var hasPartialFrame: Bool { !queue.isEmpty }

    /// The next whole event, `nil` where more bytes are needed.
    package mutating func next() throws(WireError) -> WatchFrame? {
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
    package func withObject<Result>(
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

/// One event of a watch.
package enum WatchFrame: Sendable, Equatable {
    package enum Change: Sendable {
        case added
        case modified
        /// Deleted, or no longer what the watch selects.
        case deleted
    }

    /// `object` is where the object stands; see `WatchFrameReader.withObject`.
    case change(Change, ObjectHead, object: Range<Int>)
    /// The server has nothing older to say than this version.
    case bookmark(ObjectHead)
    /// The server gives the watch up.
    case error(APIStatus)

    init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var event: (type: String, object: Range<Int>)
        switch encoding {
        case .protobuf:
            event = try Self.event(protobuf: bytes, range)
            event.object = try WireEnvelope(in: bytes, event.object).object
        case .json: event = try Self.event(json: bytes, range)
        }
        switch event.type {
        case "ADDED": self = .change(.added, try ObjectHead(encoding, in: bytes, event.object), object: event.object)
        case "MODIFIED":
            self = .change(.modified, try ObjectHead(encoding, in: bytes, event.object), object: event.object)
        case "DELETED":
            self = .change(.deleted, try ObjectHead(encoding, in: bytes, event.object), object: event.object)
        case "BOOKMARK": self = .bookmark(try ObjectHead(encoding, in: bytes, event.object))
        case "ERROR":
            var cursor = JSONCursor(event.object)
            switch encoding {
            case .protobuf: self = .error(try APIStatus(protobuf: bytes, event.object))
            case .json: self = .error(try APIStatus(json: bytes, &cursor))
            }
        default: throw WireError("an event of unknown type", at: range.lowerBound)
        }
    }

    /// `metav1.WatchEvent`: the object within a `RawExtension`.
    private static func event(
        protobuf bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(WireError) -> (type: String, object: Range<Int>) {
        var event = (type: "", object: range.upperBound..<range.upperBound)
        var cursor = WireCursor(range)
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: event.type = try field.text(in: bytes)
            case 2:
                var wrapper = try field.cursor()
                while let field = try wrapper.next(in: bytes) {
                    if field.number == 1 { event.object = try field.range() }
                }
            default: break
            }
        }
        return event
    }

    private static func event(
        json bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(WireError) -> (type: String, object: Range<Int>) {
        var event = (type: "", object: range.upperBound..<range.upperBound)
        var cursor = JSONCursor(range)
        guard try cursor.beginObject(in: bytes) else { return event }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "type": event.type = try cursor.text(in: bytes)
            case "object": event.object = try cursor.skip(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
        return event
    }
}
