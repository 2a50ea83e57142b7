/// Status and header fields of a final response; its body goes to the sink.
public struct HTTPResponseHead: Sendable, Equatable {
    public var status: Int
    public var headers: HTTPHeaders
    /// As the status line has it: `1.0`, `1.1` or `2`.
    public var version: String
    /// Fields that came after the body (gRPC's status is one); known once the body has ended.
    public var trailers: HTTPHeaders = [:]

    public init(status: Int, headers: HTTPHeaders = [:], version: String = "1.1") {
        self.status = status
        self.headers = headers
        self.version = version
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}
