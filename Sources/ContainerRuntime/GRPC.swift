internal import Basics
internal import HTTPTransport

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

/// gRPC's framing of one message (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"): a byte that says whether it is
/// compressed, four bytes of length, the message.
enum GRPCFrame {
    static func encode(_ message: [UInt8]) -> [UInt8] {
        let count = UInt32(message.count)
        return [0, UInt8(count >> 24), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
            + message
    }

    /// The one message of a unary answer. `nil` where `bytes` are not exactly one uncompressed frame.
    static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= 5, bytes[0] == 0 else { return nil }
        let length = bytes[1...4].reduce(0) { $0 << 8 | Int($1) }
        return length == bytes.count - 5 ? Array(bytes[5...]) : nil
    }
}

/// How a call ended, by the server's own word (`grpc-status` and `grpc-message`).
package struct GRPCStatus: Sendable, Equatable, CustomStringConvertible {
    package var code: Int
    package var message: String

    package static let ok = 0
    package static let deadlineExceeded = 4
    package static let notFound = 5
    package static let unavailable = 14

    /// In the order of their numbers, as gRPC's status codes are documented.
    private static let names = [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
        "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ]

    package init(code: Int, message: String = "") {
        self.code = code
        self.message = message
    }

    /// From the trailers, or from the head where an answer has no body. `nil` where the peer does not speak gRPC.
    init?(_ head: HTTPResponseHead) {
        guard let text = head.trailers["grpc-status"] ?? head.headers["grpc-status"], let code = Int(text) else {
            return nil
        }
        self.init(
            code: code,
            message: String(
                decoding: PercentEncoding.bytes(
                    decoding: head.trailers["grpc-message"] ?? head.headers["grpc-message"] ?? ""), as: UTF8.self))
    }

    package var description: String {
        let name = Self.names.indices.contains(code) ? Self.names[code] : "code \(code)"
        return message.isEmpty ? name : "\(name): \(message)"
    }
}
