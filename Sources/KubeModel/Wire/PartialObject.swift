public import Basics

/// An object of any kind of which only the metadata is read.
public struct PartialObject: WireObject, Equatable {
    public var metadata = ObjectMeta()

    public init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError) {
        switch encoding {
        case .protobuf:
            var cursor = WireCursor(0..<bytes.count)
            while let field = try cursor.next(in: bytes) {
                if field.number == 1 { metadata = try ObjectMeta(protobuf: bytes, field) }
            }
        case .json:
            var cursor = JSONCursor(bytes)
            guard try cursor.beginObject(in: bytes) else { return }
            while let key = try cursor.key(in: bytes) {
                if key == "metadata" {
                    metadata = try ObjectMeta(json: bytes, &cursor)
                } else {
                    try cursor.skip(in: bytes)
                }
            }
        }
    }
}
