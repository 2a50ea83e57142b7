public import Basics

/// Which object, at which version: what following a watch needs of every object, and nothing more.
public struct ObjectHead: Sendable, Equatable {
    public var uid: ObjectUID
    /// Empty where the server gave none.
    public var resourceVersion: String
    /// The object is not one, but marks the end of the initial events of a watch.
    public var endsInitialEvents = false

    /// The annotation of the bookmark behind the initial events.
    static let initialEventsEnd = "k8s.io/initial-events-end"

    public init(uid: ObjectUID, resourceVersion: String) {
        self.uid = uid
        self.resourceVersion = resourceVersion
    }

    /// Reads the head of an object of any kind.
    public init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError) {
        try self.init(encoding, in: bytes, 0..<bytes.count)
    }

    /// Reads the head of the object at `range`, whatever its kind.
    init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        uid = ObjectUID(bytes, range.lowerBound..<range.lowerBound)
        resourceVersion = ""
        switch encoding {
        case .protobuf: try read(protobuf: bytes, range)
        case .json: try read(json: bytes, range)
        }
    }

    private mutating func read(protobuf bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var object = WireCursor(range)
        while let field = try object.next(in: bytes) {
            guard field.number == 1 else { continue }
            var metadata = try field.cursor()
            while let field = try metadata.next(in: bytes) {
                switch field.number {
                case 5: uid = ObjectUID(bytes, try field.range())
                case 6: resourceVersion = try field.text(in: bytes)
                case 12:
                    let annotation = try WireMapEntry(in: bytes, field)
                    guard annotation.key.count == Self.initialEventsEnd.utf8.count else { continue }
                    if String(copying: bytes, annotation.key) == Self.initialEventsEnd { endsInitialEvents = true }
                default: break
                }
            }
            // Every kind has its metadata once, and the server writes it first.
            return
        }
    }

    private mutating func read(json bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var cursor = JSONCursor(range)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            guard key == "metadata" else {
                try cursor.skip(in: bytes)
                continue
            }
            let metadata = try ObjectMeta(json: bytes, &cursor)
            uid = ObjectUID(metadata.uid)
            resourceVersion = metadata.resourceVersion
            endsInitialEvents = metadata.annotations[Self.initialEventsEnd] != nil
        }
    }
}
