public import Basics

extension APIStatus {
    /// A `Status` message without its envelope.
    init(protobuf bytes: Span<UInt8>, _ range: Range<Int>) throws(WireError) {
        self.init(code: 0)
        var cursor = WireCursor(range)
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 3: message = try field.text(in: bytes)
            case 4: reason = try field.text(in: bytes)
            case 5: try readDetails(protobuf: bytes, field)
            case 6: code = Int(try field.integer32())
            default: break
            }
        }
    }

    private mutating func readDetails(protobuf bytes: Span<UInt8>, _ details: WireField) throws(WireError) {
        var cursor = try details.cursor()
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 4:
                var cause = Cause()
                var entry = try field.cursor()
                while let field = try entry.next(in: bytes) {
                    switch field.number {
                    case 1: cause.reason = try field.text(in: bytes)
                    case 2: cause.message = try field.text(in: bytes)
                    case 3: cause.field = try field.text(in: bytes)
                    default: break
                    }
                }
                causes.append(cause)
            case 5: readRetryAfter(try field.integer())
            default: break
            }
        }
    }

    /// A `Status` in JSON.
    public init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init(code: 0)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "message": message = try cursor.text(in: bytes)
            case "reason": reason = try cursor.text(in: bytes)
            case "code": code = Int(try cursor.integer(in: bytes))
            case "details": try readDetails(json: bytes, &cursor)
            default: try cursor.skip(in: bytes)
            }
        }
    }

    private mutating func readDetails(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "retryAfterSeconds": readRetryAfter(try cursor.integer(in: bytes))
            case "causes":
                guard try cursor.beginArray(in: bytes) else { continue }
                while try cursor.element(in: bytes) { causes.append(try Cause(json: bytes, &cursor)) }
            default: try cursor.skip(in: bytes)
            }
        }
    }

    /// 0 is how protobuf says that there is none.
    private mutating func readRetryAfter(_ seconds: Int64) {
        retryAfterSeconds = seconds > 0 ? Int(seconds) : nil
    }
}

extension APIStatus.Cause {
    fileprivate init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init()
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "reason": reason = try cursor.text(in: bytes)
            case "message": message = try cursor.text(in: bytes)
            case "field": field = try cursor.text(in: bytes)
            default: try cursor.skip(in: bytes)
            }
        }
    }
}
