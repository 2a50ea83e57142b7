internal import Basics

extension APIStatus {
    /// A `Status` as the body of an answer, in either encoding; `nil` for anything else.
    public init?(answer bytes: Span<UInt8>) {
        let whole = 0..<bytes.count
        do {
            if let envelope = try? WireEnvelope(in: bytes, whole) {
                guard envelope.kind == Self.kind else { return nil }
                try self.init(protobuf: bytes, envelope.object)
            } else {
                guard try Self.isStatus(json: bytes) else { return nil }
                var cursor = JSONCursor(bytes)
                try self.init(json: bytes, &cursor)
            }
        } catch {
            return nil
        }
    }

    private static let kind = "Status"

    private static func isStatus(json bytes: Span<UInt8>) throws(WireError) -> Bool {
        var cursor = JSONCursor(bytes)
        guard try cursor.beginObject(in: bytes) else { return false }
        while let key = try cursor.key(in: bytes) {
            if key == "kind" { return try cursor.text(in: bytes) == kind }
            try cursor.skip(in: bytes)
        }
        return false
    }
}
