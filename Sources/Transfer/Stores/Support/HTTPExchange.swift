internal import HTTPTransport

/// What stores and credential sources ask of a client, so that tests may answer in its place.
protocol HTTPExchange: Sendable {
    func execute(_ request: HTTPRequest, into sink: any HTTPBodySink) async throws(TransportError) -> HTTPResponseHead
    func execute(_ request: HTTPRequest, upTo limit: Int) async throws(TransportError)
        -> (head: HTTPResponseHead, body: [UInt8])
}

extension HTTPClient: HTTPExchange {}
