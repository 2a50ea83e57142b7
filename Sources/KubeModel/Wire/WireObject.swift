public import Basics

/// A kind of object that is read from the API's bytes directly, in either encoding.
public protocol WireObject: Sendable {
    init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError)
}

/// How the API server writes objects.
public enum ObjectEncoding: Sendable {
    /// Protobuf; in lists and events each within the envelope of `WireEnvelope`.
    case protobuf
    case json

    /// As the answer's media type says.
    public init(contentType: String?) {
        self = contentType?.hasPrefix("application/vnd.kubernetes.protobuf") == true ? .protobuf : .json
    }
}

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

/// Kubernetes' envelope around every protobuf object: four bytes, then a `runtime.Unknown` with the object inside.
struct WireEnvelope {
    static let magic: [UInt8] = [0x6B, 0x38, 0x73, 0x00]

    /// `Pod`, `Status` …
    var kind = ""
    /// Where the object's own message stands.
    var object: Range<Int>

    init(in bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        guard Self.isMarked(bytes, range) else { throw WireError("no Kubernetes envelope", at: range.lowerBound) }
        object = range.upperBound..<range.upperBound
        var cursor = WireCursor(range.lowerBound + Self.magic.count..<range.upperBound)
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: kind = try Self.kind(in: bytes, field)
            case 2: object = try field.range()
            case 3: try Self.refuseEncoding(field)
            default: break
            }
        }
    }

    /// From the envelope's `TypeMeta`.
    static func kind(in bytes: Span<UInt8>, _ typeMeta: WireField) throws(WireError) -> String {
        var cursor = try typeMeta.cursor()
        var kind = ""
        while let field = try cursor.next(in: bytes) {
            if field.number == 2 { kind = try field.text(in: bytes) }
        }
        return kind
    }

    /// `contentEncoding`: the server has never used it.
    static func refuseEncoding(_ field: WireField) throws(WireError) {
        guard try field.range().isEmpty else { throw WireError("an encoded object", at: field.offset) }
    }

    private static func isMarked(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= magic.count else { return false }
        return magic.indices.allSatisfy { bytes[range.lowerBound + $0] == magic[$0] }
    }
}
