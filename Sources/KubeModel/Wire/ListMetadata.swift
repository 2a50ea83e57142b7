internal import Basics

/// What is kept of a list's `metadata`.
public struct ListMetadata: Sendable, Equatable {
    public var resourceVersion = ""
    /// For the next page; empty behind the last.
    public var continueToken = ""

    public init() {}

    init(protobuf bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var cursor = WireCursor(range)
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 2: resourceVersion = try field.text(in: bytes)
            case 3: continueToken = try field.text(in: bytes)
            default: break
            }
        }
    }

    init(json bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        var cursor = JSONCursor(range)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "resourceVersion": resourceVersion = try cursor.text(in: bytes)
            case "continue": continueToken = try cursor.text(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}
