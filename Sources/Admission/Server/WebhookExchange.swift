internal import YAMLTree

/// A request as far as it is looked at.
public struct WebhookRequest: Sendable, Equatable {
    public var method: String
    /// Without the query.
    public var path: String
    public var contentType: String
    public var body: [UInt8]

    public init(method: String = "POST", path: String, contentType: String = "application/json", body: [UInt8]) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.body = body
    }
}

/// What it is answered.
public struct WebhookResponse: Sendable, Equatable {
    public var status: Int
    public var contentType: String
    public var headers: [String: String]
    public var body: [UInt8]

    /// One line of text.
    static func text(_ text: String, status: Int, headers: [String: String] = [:]) -> WebhookResponse {
        WebhookResponse(
            status: status, contentType: "text/plain; charset=utf-8", headers: headers, body: Array((text + "\n").utf8))
    }

    static func json(_ value: JSONValue) -> WebhookResponse {
        WebhookResponse(status: 200, contentType: "application/json", headers: [:], body: Array(value.text.utf8))
    }
}
