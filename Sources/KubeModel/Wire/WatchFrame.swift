internal import Basics

/// One event of a watch.
public enum WatchFrame: Sendable, Equatable {
    public enum Change: Sendable {
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
