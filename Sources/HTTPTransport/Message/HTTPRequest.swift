/// One request, as a value. Nothing is sent until a client executes it.
public struct HTTPRequest: Sendable {
    public var method: String
    /// Sent exactly as it stands (no dot segments removed), because signatures cover it byte for byte.
    public var url: String
    public var headers: HTTPHeaders
    public var body: HTTPRequestBody
    public var timeouts: HTTPTimeouts
    public var version: HTTPVersionPolicy
    public var coding: HTTPContentCoding

    public init(
        _ method: String = "GET", _ url: String, headers: HTTPHeaders = [:], body: HTTPRequestBody = .none,
        timeouts: HTTPTimeouts = .init(), version: HTTPVersionPolicy = .http1,
        coding: HTTPContentCoding = .identity
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
        self.version = version
        self.coding = coding
    }
}
