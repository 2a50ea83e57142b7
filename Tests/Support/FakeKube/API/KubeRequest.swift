import Foundation

/// One request as the API sees it, after HTTP was parsed.
package struct KubeRequest: Sendable {
    package var method: String
    /// Percent-decoded segments of the path.
    package var path: [String]
    package var query: [(name: String, value: String)]
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Of a client certificate that the connection was made with.
    package var certificateUser: FakeUser?

    package init(
        _ method: String, _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = [],
        certificateUser: FakeUser? = nil
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        self.certificateUser = certificateUser
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts[0].split(separator: "/").map { Self.decoded($0) }
        query = (parts.count == 2 ? parts[1] : "").split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (
                Self.decoded(sides[0], plusIsSpace: true),
                sides.count == 2 ? Self.decoded(sides[1], plusIsSpace: true) : ""
            )
        }
    }

    /// `/api/v1/pods`, decoded.
    package var pathText: String { "/" + path.joined(separator: "/") }

    /// `nil` where the parameter is missing or empty.
    package func parameter(_ name: String) -> String? {
        query.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    package func flag(_ name: String) -> Bool {
        switch parameter(name) {
        case "true"?, "1"?, "True"?, "t"?, "T"?, "TRUE"?: true
        default: false
        }
    }

    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// The media type of the body without parameters; JSON where nothing is said.
    var contentType: String {
        let text = header("Content-Type") ?? "application/json"
        return String(text.prefix { $0 != ";" }).lowercased().replacing(" ", with: "")
    }

    private static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String {
        let text = plusIsSpace ? text.replacing("+", with: " ") : text
        return text.removingPercentEncoding ?? String(text)
    }
}
