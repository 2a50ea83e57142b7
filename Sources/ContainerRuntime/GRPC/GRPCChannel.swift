import HTTPTransport

/// Unary calls to a gRPC server behind a unix socket, over HTTP/2 without TLS.
struct GRPCChannel: Sendable {
    private let client: HTTPClient
    private let socket: String

    init(socket: String, userAgent: String) {
        self.socket = socket
        client = HTTPClient(.init(proxy: .none, unixSocket: socket, userAgent: userAgent))
    }

    /// - Parameters:
    ///   - method: such as `/runtime.v1.RuntimeService/Version`.
    ///   - timeout: for the whole call; the server is told, so that it can give up as well.
    func call(_ method: String, _ message: [UInt8], timeout: Duration) async throws(RuntimeError) -> [UInt8] {
        let request = HTTPRequest(
            "POST", "http://localhost\(method)",
            headers: [
                "content-type": "application/grpc", "te": "trailers",
                "grpc-timeout": "\(timeout.components.seconds * 1000)m",
            ],
            body: .bytes(GRPCFrame.encode(message)),
            timeouts: .init(connect: .seconds(5), firstByte: timeout, stall: timeout, total: timeout),
            version: .http2PriorKnowledge)
        func failure(_ reason: RuntimeError.Reason) -> RuntimeError {
            RuntimeError(attempted: "\(method.split(separator: "/").last ?? "") at \(socket)", reason: reason)
        }
        let head: HTTPResponseHead
        let body: [UInt8]
        do {
            (head, body) = try await client.execute(request, upTo: 16 << 20)
        } catch {
            throw failure(.transport(error))
        }
        guard head.status == 200, let status = GRPCStatus(head) else {
            throw failure(.malformed("the socket's server does not speak gRPC (HTTP status \(head.status))"))
        }
        guard status.code == GRPCStatus.ok else { throw failure(.status(status)) }
        guard let answer = GRPCFrame.decode(body) else { throw failure(.malformed("not one whole message")) }
        return answer
    }

    func shutdown() async { await client.shutdown() }
}
