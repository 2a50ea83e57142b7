public import YAMLTree

/// What a `StatusServer` answers.
public struct StatusResponse: Sendable, Equatable {
    public var status: Int
    public var contentType: String
    public var body: [UInt8]

    public init(status: Int = 200, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// One line of text.
    public static func text(_ text: String, status: Int = 200) -> StatusResponse {
        StatusResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }

    public static func json(_ value: JSONValue, status: Int = 200) -> StatusResponse {
        StatusResponse(status: status, contentType: "application/json", body: Array((value.text + "\n").utf8))
    }

    public static let notFound = StatusResponse.text("not found", status: 404)
}
