public import YAMLTree

/// A refusal in the API server's own words, as it was recorded from a real one.
public struct StatusError: Error, Sendable, Equatable {
    public struct Cause: Sendable, Equatable {
        public var reason: String
        public var message: String
        public var field: String?

        public init(_ reason: String, _ message: String, field: String? = nil) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    public var code: Int
    public var reason: String
    public var message: String
    /// Of the object or resource that is meant.
    public var name: String?
    public var group: String?
    public var kind: String?
    public var uid: String?
    public var causes: [Cause] = []
    /// Sent as `Retry-After`, too.
    public var retryAfterSeconds: Int?
    /// A fresh token beside an expired one.
    public var continueToken: String?
    /// Whether an empty `details` is sent where there is nothing in it.
    var hasDetails = false

    public init(_ code: Int, _ reason: String, _ message: String) {
        self.code = code
        self.reason = reason
        self.message = message
    }

    /// The `Status` object.
    public var object: JSONValue {
        var details: [JSONValue.Member] = []
        if let name { details.append(.init("name", .string(name))) }
        if let group, !group.isEmpty { details.append(.init("group", .string(group))) }
        if let kind { details.append(.init("kind", .string(kind))) }
        if let uid { details.append(.init("uid", .string(uid))) }
        if !causes.isEmpty {
            details.append(
                .init(
                    "causes",
                    .array(
                        causes.map {
                            .object(present: [
                                "reason": .string($0.reason), "message": .string($0.message),
                                "field": $0.field.map(JSONValue.string),
                            ])
                        })))
        }
        if let retryAfterSeconds {
            details.append(.init("retryAfterSeconds", .integer(Int64(retryAfterSeconds))))
        }
        return .object(present: [
            "kind": "Status", "apiVersion": "v1",
            "metadata": .object(present: ["continue": continueToken.map(JSONValue.string)]),
            "status": "Failure", "message": .string(message), "reason": reason.isEmpty ? nil : .string(reason),
            "details": details.isEmpty && !hasDetails ? nil : .object(details), "code": .integer(Int64(code)),
        ])
    }
}
