import HTTPTransport
import Synchronization

@testable import Transfer

/// Answers requests without a network.
final class ScriptedExchange: HTTPRequesting {
    typealias Answer = @Sendable (HTTPRequest) -> (status: Int, body: String)?

    private let answer: Answer
    private let headers: HTTPHeaders
    private let fault: TransportError.Reason
    private let seen = Mutex<[HTTPRequest]>([])

    /// `nil`: nobody is there.
    init(headers: HTTPHeaders = [:], failing fault: TransportError.Reason = .connect, _ answer: @escaping Answer) {
        self.fault = fault
        self.headers = headers
        self.answer = answer
    }

    var requests: [HTTPRequest] { seen.withLock { $0 } }

    func execute(_ request: HTTPRequest, upTo limit: Int) async throws(TransportError)
        -> (head: HTTPResponseHead, body: [UInt8])
    {
        seen.withLock { $0.append(request) }
        guard let answer = answer(request) else { throw TransportError(attempted: request.method, reason: fault) }
        return (HTTPResponseHead(status: answer.status, headers: headers), Array(answer.body.utf8))
    }

    func execute(_ request: HTTPRequest, into sink: any HTTPBodySink) async throws(TransportError)
        -> HTTPResponseHead
    {
        throw TransportError(attempted: request.method, reason: .connect)
    }
}

extension HTTPRequest {
    var bodyText: String {
        guard case .bytes(let bytes) = body else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
