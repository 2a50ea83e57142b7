package import Basics
internal import YAMLTree

/// What a `StatusServer` answers.
package struct StatusResponse: Sendable, Equatable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]

    package init(status: Int = 200, contentType: String, body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// One line of text.
    package static func text(_ text: String, status: Int = 200) -> StatusResponse {
        StatusResponse(status: status, contentType: "text/plain; charset=utf-8", body: Array((text + "\n").utf8))
    }

    package static func json(_ value: JSONValue, status: Int = 200) -> StatusResponse {
        StatusResponse(status: status, contentType: "application/json", body: Array((value.text + "\n").utf8))
    }

    package static let notFound = StatusResponse.text("not found", status: 404)
}
