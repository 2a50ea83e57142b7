package import Basics

/// A request, whole.
package struct ServerRequest: Sendable, Equatable {
    package var method: String
    /// Without the query; as sent, not decoded.
    package var path: String
    /// `Content-Type`; empty where there is none.
    package var contentType: String
    /// Empty where the server takes no bodies.
    package var body: [UInt8]
    /// Whether the caller is in the same pod or on the same machine: nobody else reaches a loopback address.
    package var isLoopback: Bool

    package init(
        method: String = "GET", path: String, contentType: String = "", body: [UInt8] = [], isLoopback: Bool = false
    ) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.body = body
        self.isLoopback = isLoopback
    }
}

/// What it is answered.
package struct ServerResponse: Sendable, Equatable {
    package var status: Int
    package var contentType: String
    /// Besides those that every answer has: type, length, and that nobody may keep or guess at it.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(status: Int = 200, contentType: String, headers: [String: String] = [:], body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// One line of text.
    package static func text(_ text: String, status: Int = 200, headers: [String: String] = [:]) -> ServerResponse {
        ServerResponse(
            status: status, contentType: "text/plain; charset=utf-8", headers: headers, body: Array((text + "\n").utf8))
    }

    package static func json(_ value: JSONValue, status: Int = 200) -> ServerResponse {
        ServerResponse(status: status, contentType: "application/json", body: Array((value.text + "\n").utf8))
    }

    package static let notFound = ServerResponse.text("not found", status: 404)

    /// - Parameter allowed: as in `Allow`.
    package static func methodNotAllowed(_ allowed: String) -> ServerResponse {
        .text("method not allowed", status: 405, headers: ["Allow": allowed])
    }
}
