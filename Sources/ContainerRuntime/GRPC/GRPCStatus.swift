import Basics
import HTTPTransport

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
