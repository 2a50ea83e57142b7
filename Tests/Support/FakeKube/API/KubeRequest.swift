import Foundation

/// One request as the API sees it, after HTTP was parsed.
public struct KubeRequest: Sendable {
    public var method: String
    /// Percent-decoded segments of the path.
    public var path: [String]
    public var query: [(name: String, value: String)]
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]
    /// Of a client certificate that the connection was made with.
    public var certificateUser: FakeUser?

    public init(
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
    public var pathText: String { "/" + path.joined(separator: "/") }

    /// `nil` where the parameter is missing or empty.
    public func parameter(_ name: String) -> String? {
        query.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    public func flag(_ name: String) -> Bool {
        switch parameter(name) {
        case "true"?, "1"?, "True"?, "t"?, "T"?, "TRUE"?: true
        default: false
        }
    }

    public func header(_ name: String) -> String? {
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
