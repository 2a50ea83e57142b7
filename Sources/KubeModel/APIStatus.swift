internal import Basics

/// The API server's own account of a failure (`kind: Status`, meta/v1).
public struct APIStatus: Sendable, Equatable {
    public struct Cause: Sendable, Equatable {
        public var reason: String
        public var message: String
        /// The path of the field at fault, where one is.
        public var field: String

        public init(reason: String = "", message: String = "", field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// The HTTP status, which an `ERROR` event in a watch carries too, although its own response was 200.
    public var code: Int
    /// One word for programs, such as `NotFound`, `Conflict`, `Expired`; may be empty.
    public var reason: String
    public var message: String
    public var causes: [Cause]
    /// Seconds after which the server wants to be asked again.
    public var retryAfterSeconds: Int?

    public init(
        code: Int, reason: String = "", message: String = "", causes: [Cause] = [], retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension APIStatus {
    /// A `Status` as the body of an answer, in either encoding; `nil` for anything else.
    package init?(answer bytes: Span<UInt8>) {
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

    static let kind = "Status"

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
            case 6: code = Int(ForeignNumber.code(try field.integer()))
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
    init(json bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) {
        self.init(code: 0)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "message": message = try cursor.text(in: bytes)
            case "reason": reason = try cursor.text(in: bytes)
            case "code": code = Int(ForeignNumber.code(try cursor.integer(in: bytes)))
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
            case "causes": causes = try cursor.elements(in: bytes, Cause.init(json:_:))
            default: try cursor.skip(in: bytes)
            }
        }
    }

    /// 0 is how protobuf says that there is none.
    private mutating func readRetryAfter(_ seconds: Int64) {
        retryAfterSeconds = seconds > 0 ? Int(ForeignNumber.count(seconds)) : nil
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
