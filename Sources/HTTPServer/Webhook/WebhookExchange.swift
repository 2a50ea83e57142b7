package import Basics
internal import YAMLTree

/// A request as far as it is looked at.
package struct WebhookRequest: Sendable, Equatable {
    package var method: String
    /// Without the query.
    package var path: String
    package var contentType: String
    package var body: [UInt8]

    package init(method: String = "POST", path: String, contentType: String = "application/json", body: [UInt8]) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.body = body
    }
}

/// What it is answered.
package struct WebhookResponse: Sendable, Equatable {
    package var status: Int
    package var contentType: String
    package var headers: [String: String]
    package var body: [UInt8]

    /// One line of text.
    package static func text(_ text: String, status: Int, headers: [String: String] = [:]) -> WebhookResponse {
        WebhookResponse(
            status: status, contentType: "text/plain; charset=utf-8", headers: headers, body: Array((text + "\n").utf8))
    }

    package static func json(_ value: JSONValue) -> WebhookResponse {
        WebhookResponse(status: 200, contentType: "application/json", headers: [:], body: Array(value.text.utf8))
    }
}
