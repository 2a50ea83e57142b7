package import Basics
internal import YAMLTree

/// A refusal in the API server's own words, as it was recorded from a real one.
package struct StatusError: Error, Sendable, Equatable {
    package struct Cause: Sendable, Equatable {
        package var reason: String
        package var message: String
        package var field: String?

        package init(_ reason: String, _ message: String, field: String? = nil) {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    package var code: Int
    package var reason: String
    package var message: String
    /// Of the object or resource that is meant.
    package var name: String?
    package var group: String?
    package var kind: String?
    package var uid: String?
    package var causes: [Cause] = []
    /// Sent as `Retry-After`, too.
    package var retryAfterSeconds: Int?
    /// A fresh token beside an expired one.
    package var continueToken: String?
    /// Whether an empty `details` is sent where there is nothing in it.
    var hasDetails = false

    package init(_ code: Int, _ reason: String, _ message: String) {
        self.code = code
        self.reason = reason
        self.message = message
    }

    /// The `Status` object.
    package var object: JSONValue {
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
